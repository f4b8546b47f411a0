// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.server;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.tidemark.cli.server.ArchivingSetup.Change;
import org.tidemark.postgres.SqlConnection;

/**
 * What {@code recover} wrote into postgresql.auto.conf of a server that is open for writing by now. It is of no use
 * there any more, and does harm: a standby that is made from the server inherits recovery_target_timeline = '1', and
 * never follows it to timeline 2.
 */
public final class RecoverSettings {
    /** Only recover writes a restore_command that names both. */
    private static final Pattern RESTORE_COMMAND =
            Pattern.compile(".*wal-fetch %f %p --timeline [0-9]+ --target [a-z]+ .*");

    private static final String MARK = "# written by tidemark recover";

    /** What it always writes, and with which value where that is always the same. */
    private static final Map<String, Pattern> WRITTEN = written();

    private static final String SETTINGS = """
            SELECT name, setting FROM pg_settings
            WHERE sourcefile LIKE '%/postgresql.auto.conf' AND source = 'configuration file' ORDER BY name""";

    private RecoverSettings() {}

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
        for (String name :
                List.of("archive_cleanup_command", "recovery_end_command", "primary_conninfo", "primary_slot_name")) {
            written.put(name, Pattern.compile(""));
        }
        written.put("recovery_min_apply_delay", Pattern.compile("0"));
        written.put("hot_standby", Pattern.compile("on"));
        return written;
    }

    /**
     * The settings that have to be reset; none where recover wrote none, or where this role may not see where a setting
     * comes from.
     */
    public static List<Change> resets(SqlConnection connection) {
        record Row(String name, String setting) {}
        List<Row> rows =
                connection.query(ServerSettings.LIMIT, row -> new Row(row.getString(1), row.getString(2)), SETTINGS);
        boolean ofRecover = rows.stream()
                        .anyMatch(row -> row.name().equals("restore_command")
                                && RESTORE_COMMAND.matcher(row.setting()).matches())
                || isMarked(connection);
        if (!ofRecover) {
            return List.of();
        }
        return rows.stream()
                .filter(row -> WRITTEN.containsKey(row.name())
                        && WRITTEN.get(row.name()).matcher(row.setting()).matches())
                .map(row -> new Change(row.name(), row.setting(), "", false, true))
                .toList();
    }

    /** ALTER SYSTEM takes all comments out of the file, so the mark may be gone. */
    private static boolean isMarked(SqlConnection connection) {
        List<Boolean> allowed = connection.query(
                ServerSettings.LIMIT,
                row -> row.getBoolean(1),
                "SELECT has_function_privilege('pg_read_file(text)', 'execute')");
        return allowed.getFirst()
                && connection
                        .text(ServerSettings.LIMIT, "SELECT pg_read_file('postgresql.auto.conf')")
                        .orElse("")
                        .contains(MARK);
    }
}
