// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.util.ArrayList;
import java.util.List;
import org.tidemark.core.Finding;
import org.tidemark.server.ServerSettings;

/** Whether the role sees what check asks, and may close a segment, by which a backup tests that archiving works. */
final class RoleCheck implements Check<AskedServer> {
    private static final String QUESTION = """
            SELECT current_user, quote_ident(current_user),
                   pg_has_role(current_user, 'pg_read_all_settings', 'USAGE'),
                   pg_has_role(current_user, 'pg_read_all_stats', 'USAGE'),
                   has_function_privilege('pg_ls_archive_statusdir()', 'EXECUTE'),
                   pg_is_in_recovery() OR has_function_privilege('pg_switch_wal()', 'EXECUTE')""";

    private record Rights(
            String role, String quoted, boolean settings, boolean statistics, boolean archive, boolean switchWal) {}

    @Override
    public Subject subject() {
        return Subject.ROLE;
    }

    @Override
    public List<Finding> look(AskedServer at) {
        Rights rights = at.sql()
                .query(
                        ServerSettings.LIMIT,
                        row -> new Rights(
                                row.getString(1),
                                row.getString(2),
                                row.getBoolean(3),
                                row.getBoolean(4),
                                row.getBoolean(5),
                                row.getBoolean(6)),
                        QUESTION)
                .getFirst();
        List<String> missing = new ArrayList<>();
        List<String> grants = new ArrayList<>();
        if (!rights.settings() || !rights.statistics() || !rights.archive()) {
            missing.add("see all settings, the standbys, and the files that wait to be archived");
            grants.add("GRANT pg_monitor TO " + rights.quoted());
        }
        if (!rights.switchWal()) {
            missing.add("close a WAL segment");
            grants.add("GRANT EXECUTE ON FUNCTION pg_switch_wal() TO " + rights.quoted());
        }
        if (missing.isEmpty()) {
            return List.of(subject().ok("role '" + rights.role() + "' has the rights that check and backup use"));
        }
        return List.of(subject()
                .warning(
                        "role '" + rights.role() + "' may not " + String.join(", and may not ", missing),
                        "As a superuser, in the database that conninfo names: " + String.join("; ", grants)));
    }
}
