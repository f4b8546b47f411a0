// SPDX-License-Identifier: Apache-2.0
package org.tidemark.server;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.tidemark.postgres.SettingsFile;
import org.tidemark.postgres.SqlConnection;
import org.tidemark.server.ArchivingSetup.Change;

/**
 * What {@code recover} wrote into postgresql.auto.conf of a server that is now open for writing. There it is useless
 * and harmful: a standby made from the server inherits recovery_target_timeline = '1' and never follows it to timeline
 * 2.
 */
public final class SettingsToReset {
    /** Only recover writes a restore_command that names both. */
    private static final Pattern RESTORE_COMMAND =
            Pattern.compile(".*wal-fetch %f %p --timeline [0-9]+ --target [a-z]+ .*");

    private static final String WORKERS = "max_logical_replication_workers";

    /** Of these, only these change a primary with a restart. */
    private static final Set<String> AFTER_RESTART = Set.of(WORKERS, "external_pid_file");

    private static final String MARK = "# written by tidemark recover";

    /** The settings that recover writes, with the value if it is always the same. */
    private static final Map<String, Pattern> WRITTEN = written();

    private static final String SETTINGS = """
        SELECT name, setting FROM pg_settings
        WHERE sourcefile LIKE '%/postgresql.auto.conf' AND source = 'configuration file' ORDER BY name\
        """;

    /** Recover writes these as well, and setup sets them again. */
    private static final Set<String> ARCHIVING = Set.of("archive_mode", "archive_command", "archive_library");

    /** The setting's name in a line that recover wrote; any other line gives no name that recover knows. */
    private static final Pattern SETTING_NAME = Pattern.compile("(?s)([a-z_]+) = .*");

    private record Row(String name, String setting) {}

    private SettingsToReset() {}

    private static Map<String, Pattern> written() {
        Map<String, Pattern> written = new TreeMap<>();
        Pattern anything = Pattern.compile("(?s).*");
        for (String name : List.of(
                "recovery_target",
                "recovery_target_action",
                "recovery_target_inclusive",
                "recovery_target_lsn",
                "recovery_target_name",
                "recovery_target_time",
                "recovery_target_xid",
                "restore_command")) {
            written.put(name, anything);
        }
        written.put("recovery_target_timeline", Pattern.compile("[0-9]+|current"));
        for (String name : List.of(
                "archive_cleanup_command",
                "external_pid_file",
                "primary_conninfo",
                "primary_slot_name",
                "promote_trigger_file",
                "recovery_end_command",
                "synchronous_standby_names")) {
            written.put(name, Pattern.compile(""));
        }
        written.put("recovery_min_apply_delay", Pattern.compile("[0-9]+"));
        written.put("log_directory", Pattern.compile("log"));
        written.put("stats_temp_directory", Pattern.compile("pg_stat_tmp"));
        written.put("hot_standby", Pattern.compile("on"));
        written.put(WORKERS, Pattern.compile("0"));
        return written;
    }

    /** The settings to reset; none if recover wrote none, or if this role may not see the source of a setting. */
    public static List<Change> resets(SqlConnection connection) {
        List<Row> rows =
                connection.query(ServerSettings.LIMIT, row -> new Row(row.getString(1), row.getString(2)), SETTINGS);
        Optional<Set<String>> marked = marked(connection);
        Set<String> ofRecover = marked.isPresent()
                ? marked.get()
                : rows.stream().anyMatch(SettingsToReset::isRestoreCommand) ? WRITTEN.keySet() : Set.of();
        return rows.stream()
                .filter(row -> ofRecover.contains(row.name()) && isAsWritten(row))
                .map(row -> new Change(row.name(), row.setting(), "", AFTER_RESTART.contains(row.name()), true))
                .toList();
    }

    private static boolean isAsWritten(Row row) {
        Pattern value = WRITTEN.get(row.name());
        return value != null && value.matcher(row.setting()).matches();
    }

    private static boolean isRestoreCommand(Row row) {
        return row.name().equals("restore_command")
                && RESTORE_COMMAND.matcher(row.setting()).matches();
    }

    /** The settings below recover's comment; empty without it: ALTER SYSTEM removes all comments from the file. */
    private static Optional<Set<String>> marked(SqlConnection connection) {
        List<Boolean> allowed = connection.query(
                ServerSettings.LIMIT,
                row -> row.getBoolean(1),
                "SELECT has_function_privilege('pg_read_file(text)', 'execute')");
        return allowed.getFirst()
                ? connection
                        .text(ServerSettings.LIMIT, "SELECT pg_read_file('postgresql.auto.conf')")
                        .flatMap(SettingsToReset::marked)
                : Optional.empty();
    }

    /**
     * The same for the text of postgresql.auto.conf. A line after another comment, a setting that recover does not
     * write, and a repeated setting belong to the operator.
     */
    static Optional<Set<String>> marked(String text) {
        SettingsFile file = SettingsFile.parse(text, SettingsFile.AUTO_CONF);
        int mark = -1;
        for (int line = 0; line < file.lines().size(); line++) {
            mark = file.lines().get(line).startsWith(MARK) ? line : mark;
        }
        if (mark < 0) {
            return Optional.empty();
        }
        Set<String> names = new TreeSet<>();
        Set<String> own = new TreeSet<>();
        boolean ofRecover = true;
        for (String line : file.lines().subList(mark + 1, file.lines().size())) {
            String name = SETTING_NAME.matcher(line).replaceFirst("$1");
            ofRecover &= (WRITTEN.containsKey(name) || ARCHIVING.contains(name)) && !names.contains(name);
            (ofRecover ? names : own).add(name);
        }
        names.removeAll(own);
        return Optional.of(names);
    }
}
