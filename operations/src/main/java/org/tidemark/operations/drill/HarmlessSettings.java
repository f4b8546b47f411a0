// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.drill;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;

/**
 * The settings that keep a copy from doing anything outside of its directory, and anybody from reaching it. They are
 * given on the command line, where no file and no ALTER SYSTEM of the backup overrides them. What a recovery itself
 * needs (restore_command, targets, settings that must not be lower than the original's) is written as for each restore.
 * Immutable.
 */
public record HarmlessSettings(List<Setting> settings) {
    /** The port is only part of the socket's name. */
    private static final String PORT = "5432";

    /** The directory of the socket; its path has to be short: a socket's has at most 107 bytes. */
    static final String SOCKETS = "s";

    static final String HBA = "pg_hba.conf";
    static final String IDENT = "pg_ident.conf";

    private static final int ANY = 0;

    /** sun_path of sockaddr_un, without its end. */
    private static final int LONGEST_SOCKET = 107;

    /**
     * One setting.
     *
     * @param firstMajor the first version of PostgreSQL that knows it
     */
    public record Setting(String name, String value, int firstMajor, String reason) {
        private static Setting of(String name, String value, String reason) {
            return new Setting(name, value, ANY, reason);
        }
    }

    public HarmlessSettings {
        settings = List.copyOf(settings);
    }

    /**
     * All of them.
     *
     * @param scratch of the drill; has the socket and the files of access
     */
    public static HarmlessSettings in(Path scratch, int postgresMajor) {
        return new HarmlessSettings(List.of(
                        Setting.of("listen_addresses", "", "nobody reaches it by the network"),
                        Setting.of(
                                "unix_socket_directories",
                                scratch.resolve(SOCKETS).toString(),
                                "only its owner may enter"),
                        Setting.of("unix_socket_permissions", "0700", "only its owner may connect"),
                        Setting.of("port", PORT, "no other server is in its directory"),
                        Setting.of("hba_file", scratch.resolve(HBA).toString(), "the drill may log in as any role"),
                        Setting.of(
                                "ident_file", scratch.resolve(IDENT).toString(), "that of the original may be missing"),
                        Setting.of("external_pid_file", "", "it is the original's"),
                        Setting.of("ssl", "off", "the original's key may be missing"),
                        Setting.of("archive_mode", "off", "it writes nothing to the archive"),
                        Setting.of("archive_command", "", "it writes nothing to the archive"),
                        new Setting("archive_library", "", 15, "it writes nothing to the archive"),
                        Setting.of("archive_cleanup_command", "", "it removes nothing from the archive"),
                        Setting.of("recovery_end_command", "", "it is the original's"),
                        Setting.of("primary_conninfo", "", "it follows no server"),
                        Setting.of("primary_slot_name", "", "it keeps no WAL of a server"),
                        Setting.of("recovery_min_apply_delay", "0", "it replays without delay"),
                        Setting.of("max_logical_replication_workers", "0", "it takes nothing from a publisher"),
                        new Setting("sync_replication_slots", "off", 17, "it asks no server for slots"),
                        Setting.of("synchronous_standby_names", "", "its commits wait for no standby"),
                        Setting.of("hot_standby", "on", "it is asked while it is paused at the target"),
                        Setting.of("autovacuum", "off", "it changes nothing on its own"),
                        Setting.of("session_preload_libraries", "", "they act at each login"),
                        Setting.of("local_preload_libraries", "", "they act at each login"),
                        new Setting("event_triggers", "off", 17, "they act at each login"),
                        Setting.of("zero_damaged_pages", "off", "it would hide damage from the drill"),
                        Setting.of("ignore_invalid_pages", "off", "it would hide damage from the drill"),
                        Setting.of("ignore_checksum_failure", "off", "it would hide damage from the drill"),
                        Setting.of("restart_after_crash", "off", "a server that crashes again and again has an end"),
                        Setting.of("citus.recover_2pc_interval", "-1", "Citus would end transactions of its workers"),
                        Setting.of(
                                "citus.distributed_deadlock_detection_factor",
                                "-1",
                                "Citus would cancel queries of its workers"),
                        Setting.of("citus.defer_shard_delete_interval", "-1", "Citus would drop shards of its workers"),
                        Setting.of("citus.background_task_queue_interval", "-1", "Citus would move shards"),
                        Setting.of("cron.max_running_jobs", "0", "pg_cron would run the original's jobs"),
                        Setting.of("pg_partman_bgw.dbname", "", "pg_partman would make and drop partitions"),
                        Setting.of(
                                "timescaledb.max_background_workers", "0", "TimescaleDB would run the original's jobs"),
                        Setting.of("shared_buffers", "128MB", "the original's may need the memory of another host"),
                        Setting.of("huge_pages", "off", "they are reserved for the running server"),
                        Setting.of("logging_collector", "off", "its log is in its own directory"),
                        Setting.of("log_destination", "stderr", "its log is in its own directory"),
                        Setting.of("log_statement", "none", "no question is in a log"),
                        Setting.of("log_min_duration_statement", "-1", "no question is in a log"),
                        Setting.of("log_min_error_statement", "panic", "no question is in a log"),
                        Setting.of("log_min_duration_sample", "-1", "no question is in a log"),
                        Setting.of("log_transaction_sample_rate", "0", "no question is in a log"),
                        Setting.of("auto_explain.log_min_duration", "-1", "no question is in a log"),
                        Setting.of("pgaudit.log", "none", "no question is in a log"),
                        Setting.of("log_min_messages", "warning", "the drill reads its log to say why it has ended"),
                        Setting.of("lc_messages", "C", "the drill reads its log to say whose fault a failure is"),
                        Setting.of("cluster_name", "drill", "a list of processes shows what it is"))
                .stream()
                .filter(each -> each.firstMajor() <= postgresMajor)
                .toList());
    }

    /**
     * A socket's path has at most 107 bytes, and PostgreSQL takes a comma for the end of one.
     *
     * @throws UserFacingException USAGE
     */
    static void requireShort(Path scratch) {
        String socket = scratch.resolve(SOCKETS).resolve(".s.PGSQL." + PORT).toString();
        if (socket.contains(",") || socket.getBytes(StandardCharsets.UTF_8).length > LONGEST_SOCKET) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "no server can have its socket in '" + socket + "': the path is longer than " + LONGEST_SOCKET
                            + " bytes, or has a comma",
                    "Name a shorter directory with --to DIR.");
        }
    }

    /** As postgresql.auto.conf has them, for a copy that stays: it is harmless by whatever command it is started. */
    String file() {
        return settings.stream()
                .map(each -> each.name() + " = '" + each.value().replace("'", "''") + "'\n")
                .collect(Collectors.joining());
    }

    /** As a command line has them. */
    public List<String> assignments() {
        return settings.stream().map(each -> each.name() + "=" + each.value()).toList();
    }

    /** The value of a setting; empty if it is not in the list. */
    public Optional<String> value(String name) {
        return settings.stream()
                .filter(each -> each.name().equals(name))
                .map(Setting::value)
                .findFirst();
    }
}
