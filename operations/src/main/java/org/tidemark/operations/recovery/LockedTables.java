// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.recovery;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.SqlConnection;

/**
 * Tables that a paused recovery keeps locked. WAL has the lock of a transaction that changes a table as a whole, such
 * as DROP TABLE, before its commit: a recovery that stops before the commit has taken the lock, and queries wait.
 */
final class LockedTables {
    private static final Duration LIMIT = Duration.ofSeconds(10);
    private static final int MOST = 20;

    /** What the startup process holds: on a standby, no other process has such a lock of a table. */
    private static final String LOCKED = """
            SELECT d.datname, l.relation::text FROM pg_locks l JOIN pg_database d ON d.oid = l.database
            WHERE l.locktype = 'relation' AND l.mode = 'AccessExclusiveLock' AND l.granted
            ORDER BY 1, l.relation LIMIT 1000""";

    private LockedTables() {}

    private record Lock(String database, String relation) {}

    /**
     * Their names, each with its database; at most 20. None where they cannot be told.
     *
     * @param connection to any database
     * @param to opens a connection to a database by its name
     */
    static List<String> of(SqlConnection connection, Function<String, SqlConnection> to) {
        Map<String, List<String>> byDatabase = new TreeMap<>();
        try {
            connection
                    .query(LIMIT, row -> new Lock(row.getString(1), row.getString(2)), LOCKED)
                    .forEach(lock -> byDatabase
                            .computeIfAbsent(lock.database(), any -> new ArrayList<>())
                            .add(lock.relation()));
            List<String> names = new ArrayList<>();
            for (Map.Entry<String, List<String>> each : byDatabase.entrySet()) {
                try (SqlConnection there = to.apply(each.getKey())) {
                    there.query(LIMIT, row -> row.getString(1) + " in database '" + each.getKey() + "'", """
                                    SELECT n.nspname || '.' || c.relname
                                    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                                    WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname NOT LIKE 'pg\\_%%'
                                        AND c.oid IN (%s) ORDER BY 1""".formatted(
                                            String.join(", ", each.getValue())))
                            .forEach(names::add);
                }
            }
            return names.subList(0, Math.min(MOST, names.size()));
        } catch (UserFacingException e) {
            return List.of(); // it has reached its target in any case
        }
    }
}
