// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** Compares what two databases hold. */
final class TableHashes {
    private static final String TABLES = "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c"
            + " JOIN pg_namespace n ON n.oid = c.relnamespace"
            + " WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY 1";

    private TableHashes() {}

    static SortedMap<String, String> of(PostgresServer server) {
        SortedMap<String, String> hashes = new TreeMap<>();
        try (Connection connection = server.connect();
                Statement statement = connection.createStatement()) {
            for (String table : column(statement, TABLES)) {
                String rows = "SELECT count(*) || ' rows, ' || md5(coalesce(string_agg(row, E'\\n' ORDER BY row), ''))"
                        + " FROM (SELECT t::text COLLATE \"C\" AS row FROM " + table + " t) rows";
                hashes.put(table, column(statement, rows).getFirst());
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e.getMessage() + "\n" + server.log(), e);
        }
        return hashes;
    }

    private static List<String> column(Statement statement, String sql) throws SQLException {
        List<String> values = new ArrayList<>();
        try (ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                values.add(rows.getString(1));
            }
        }
        return values;
    }
}
