// SPDX-License-Identifier: Apache-2.0
package org.tidemark.server;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.core.ClusterName;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.SqlConnection;

/**
 * A server's identity and the settings that matter for archiving, at one moment. Immutable.
 *
 * @param settings by name, in PostgreSQL's base units (segment size in bytes, archive_timeout in seconds); settings
 *     that this version or role does not show are missing
 * @param awaitingRestart names of changed settings that need a restart
 */
public record ServerSettings(
        SystemIdentifier system,
        int versionNum,
        boolean inRecovery,
        Map<String, String> settings,
        List<String> awaitingRestart) {
    public static final Duration LIMIT = Duration.ofSeconds(30);
    public static final int FIRST_WITH_ARCHIVE_LIBRARY = 150_000;

    private static final String SETTINGS = """
            -- archive_command as it is set: while archive_mode is off, the server shows '(disabled)' instead.
            SELECT name, coalesce(CASE name WHEN 'archive_command' THEN reset_val ELSE setting END, ''), pending_restart FROM pg_settings WHERE name IN
            ('wal_segment_size', 'block_size', 'data_directory', 'config_file', 'archive_mode', 'archive_command', 'archive_library',
             'archive_timeout', 'wal_level', 'max_wal_senders', 'server_version', 'full_page_writes', 'fsync',
             'data_checksums', 'restore_command', 'summarize_wal', 'wal_summary_keep_time',
             'recovery_target_timeline')""";

    public ServerSettings {
        settings = Map.copyOf(settings);
        awaitingRestart = List.copyOf(awaitingRestart);
    }

    /** Asks a server; any role that may log in can. */
    public static ServerSettings ask(SqlConnection connection) {
        record Row(String name, String setting, boolean pendingRestart) {}
        List<Row> rows = connection.query(
                LIMIT, row -> new Row(row.getString(1), row.getString(2), row.getBoolean(3)), SETTINGS);
        Map<String, String> settings = new TreeMap<>();
        rows.forEach(row -> settings.put(row.name(), row.setting()));
        SystemIdentifier system = connection
                .query(
                        LIMIT,
                        row -> new SystemIdentifier(row.getLong(1)),
                        "SELECT system_identifier FROM pg_control_system()")
                .getFirst();
        boolean inRecovery = connection
                .query(LIMIT, row -> row.getBoolean(1), "SELECT pg_is_in_recovery()")
                .getFirst();
        return new ServerSettings(
                system,
                connection.serverVersionNum(),
                inRecovery,
                settings,
                rows.stream().filter(Row::pendingRestart).map(Row::name).toList());
    }

    /** Empty if it is unset, empty, or not shown. */
    public Optional<String> setting(String name) {
        return Optional.ofNullable(settings.get(name)).filter(value -> !value.isEmpty());
    }

    /** Whether the server showed it to this role, empty or not. */
    public boolean shows(String name) {
        return settings.containsKey(name);
    }

    public int major() {
        return versionNum / 10_000;
    }

    /** {@code 15.8}, as the server prints it. */
    public String version() {
        return setting("server_version").orElse(Integer.toString(major()));
    }

    /** Empty if the role may not see it. */
    public Optional<Path> dataDirectory() {
        return setting("data_directory").map(Path::of);
    }

    public ClusterIdentity identity(ClusterName cluster) {
        return new ClusterIdentity(
                cluster, system, new WalSegmentSize(number("wal_segment_size")), number("block_size"), major());
    }

    private int number(String name) {
        return Integer.parseInt(
                setting(name).orElseThrow(() -> new IllegalStateException("the server did not show '" + name + "'")));
    }
}
