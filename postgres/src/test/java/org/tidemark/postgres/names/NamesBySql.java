// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.names;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.tidemark.testkit.PostgresServer;

/**
 * What a running server says about its databases and relations, in the form of text: the oracle.
 *
 * @param places the ctid of the row of each relation; empty where the names are those of files
 */
record NamesBySql(
        SortedMap<Long, String> databases, SortedMap<String, String> relations, SortedMap<String, String> places) {
    private static final String RELATIONS = "SELECT d.oid || '/' || c.oid, concat_ws('|', n.nspname, c.relname,"
            + " coalesce(pg_relation_filenode(c.oid), 0), c.relkind, c.relpersistence,"
            + " CASE c.reltablespace WHEN 0 THEN d.dattablespace ELSE c.reltablespace END)"
            + " || coalesce('|' || (SELECT t.oid FROM pg_class t WHERE t.reltoastrelid = c.oid), ''), c.ctid"
            + " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, pg_database d"
            + " WHERE d.datname = current_database()";

    /** A database that is dropped meanwhile is left out, if {@code isBusy}. */
    static NamesBySql ask(PostgresServer server, boolean isBusy) throws SQLException {
        SortedMap<Long, String> databases = new TreeMap<>();
        SortedMap<String, String> relations = new TreeMap<>();
        SortedMap<String, String> places = new TreeMap<>();
        try (Connection connection = server.connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT oid, datname, dattablespace FROM pg_database")) {
            while (rows.next()) {
                databases.put(rows.getLong(1), rows.getString(2) + "|" + rows.getLong(3));
                try {
                    ask(server, rows.getString(2), relations, places);
                } catch (SQLException e) {
                    if (!isBusy) {
                        throw e;
                    }
                    databases.remove(rows.getLong(1));
                }
            }
        }
        return new NamesBySql(databases, relations, places);
    }

    private static void ask(
            PostgresServer server, String database, Map<String, String> relations, Map<String, String> places)
            throws SQLException {
        try (Connection connection = DriverManager.getConnection(RandomDdl.url(server, database));
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(RELATIONS)) {
            while (rows.next()) {
                relations.put(rows.getString(1), rows.getString(2));
                places.put(rows.getString(1), rows.getString(3));
            }
        }
    }

    static NamesBySql of(RelationNames names) {
        SortedMap<String, String> relations = new TreeMap<>();
        names.relations().forEach(each -> relations.put(each.database() + "/" + each.oid(), text(each)));
        return new NamesBySql(
                new TreeMap<>(names.databases().stream()
                        .collect(Collectors.toMap(each -> each.oid(), each -> each.name() + "|" + each.tablespace()))),
                relations,
                new TreeMap<>());
    }

    static String text(Relation relation) {
        String table = relation.kind() == Relation.Kind.TOAST_TABLE ? "|" + relation.table() : "";
        return String.join(
                        "|",
                        relation.schema().orElse("?"),
                        relation.name(),
                        Long.toString(relation.file()),
                        String.valueOf(relation.kind().code()),
                        String.valueOf(relation.persistence().code()),
                        Long.toString(relation.tablespace()))
                + table;
    }

    /** The relations, with their database, that are the same in both. */
    SortedMap<String, String> unchangedUntil(NamesBySql later) {
        SortedMap<String, String> same = new TreeMap<>(relations);
        same.entrySet()
                .removeIf(each ->
                        !Optional.of(each.getValue()).equals(Optional.ofNullable(later.relations.get(each.getKey())))
                                || !later.databases.containsKey(database(each.getKey())));
        return same;
    }

    static long database(String key) {
        return Long.parseLong(key.substring(0, key.indexOf('/')));
    }
}
