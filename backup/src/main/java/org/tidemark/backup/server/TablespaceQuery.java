// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.server;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.tidemark.backup.server.ListedTablespaces.DatabaseOfTablespace;
import org.tidemark.backup.server.ListedTablespaces.RelationOfTablespace;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.PostgresException;

/** Asks a server what its catalogs say of tablespaces. Only a database itself knows where its relations are. */
public final class TablespaceQuery {
    /** pg_default and pg_global. */
    public static final Set<Long> OF_THE_DATA_DIRECTORY = Set.of(1663L, 1664L);

    static final String NAMES = "ARRAY(SELECT concat_ws(' ', oid, spcname) FROM pg_tablespace)";

    /** Without those that DROP DATABASE could not finish. */
    static final String DATABASES = "ARRAY(SELECT concat_ws(' ', oid, dattablespace, datallowconn, datname)"
            + " FROM pg_database WHERE datconnlimit <> -2)";

    /**
     * Of each tablespace the files with the lowest and the highest number: if they are there before a backup and after
     * it, they were there all the time. A temporary relation has no file in a backup, and a partitioned table none at
     * all.
     */
    static final String RELATIONS = "ARRAY(SELECT concat_ws(' ', reltablespace, min(relfilenode), max(relfilenode))"
            + " FROM pg_class WHERE reltablespace NOT IN (0, 1663, 1664) AND relfilenode <> 0"
            + " AND relpersistence <> 't' GROUP BY reltablespace)";

    /** A tablespace whose disk is gone has no databases, and a warning. */
    static final String WITH_FILES = "ARRAY(SELECT concat_ws(' ', oid, pg_tablespace_databases(oid)) FROM pg_tablespace"
            + " WHERE oid NOT IN (1663, 1664))";

    private static final String INVALID_CATALOG_NAME = "3D000";

    /** Nobody can make anything in it. */
    private static final String TEMPLATE0 = "template0";

    /** A row of {@link #DATABASES}. */
    record Database(long oid, long tablespace, boolean isConnectable, String name) {}

    /** Asks one database. */
    @FunctionalInterface
    interface Asked {
        /** Empty if another server answered. */
        Optional<Set<RelationOfTablespace>> relations(Database database);
    }

    private TablespaceQuery() {}

    static Map<Long, String> names(ResultSet row) throws SQLException {
        return lines(row)
                .map(line -> line.split(" ", 2))
                .collect(Collectors.toMap(word -> Long.parseLong(word[0]), word -> word[1]));
    }

    static List<Database> databases(ResultSet row) throws SQLException {
        return lines(row)
                .map(line -> line.split(" ", 4))
                .map(word ->
                        new Database(Long.parseLong(word[0]), Long.parseLong(word[1]), word[2].equals("t"), word[3]))
                .toList();
    }

    static Set<RelationOfTablespace> relations(ResultSet row, Database database) throws SQLException {
        Set<RelationOfTablespace> relations = new HashSet<>();
        for (String line : lines(row).toList()) {
            String[] word = line.split(" ", 3);
            long tablespace = Long.parseLong(word[0]);
            relations.add(new RelationOfTablespace(tablespace, database.oid(), Long.parseLong(word[1])));
            relations.add(new RelationOfTablespace(tablespace, database.oid(), Long.parseLong(word[2])));
        }
        return relations;
    }

    static Set<DatabaseOfTablespace> withFiles(ResultSet row) throws SQLException {
        return lines(row)
                .map(line -> line.split(" ", 2))
                .map(word -> new DatabaseOfTablespace(Long.parseLong(word[0]), Long.parseLong(word[1])))
                .collect(Collectors.toSet());
    }

    private static Stream<String> lines(ResultSet row) throws SQLException {
        return Stream.of((String[]) row.getArray(1).getArray());
    }

    /** Asks every database. */
    static ListedTablespaces listed(Map<Long, String> names, List<Database> databases, Asked asked) {
        Set<RelationOfTablespace> relations = new HashSet<>();
        Map<String, String> unasked = new TreeMap<>();
        for (Database each : databases) {
            if (each.isConnectable()) {
                try {
                    asked.relations(each)
                            .ifPresentOrElse(
                                    relations::addAll, () -> unasked.put(each.name(), "another server answered"));
                } catch (UserFacingException e) {
                    if (e.exitCode() == ExitCode.INTERRUPTED) {
                        throw e;
                    }
                    boolean isDropped = e instanceof PostgresException known && known.hasState(INVALID_CATALOG_NAME);
                    if (!isDropped) {
                        unasked.put(each.name(), String.valueOf(e.getMessage()));
                    }
                }
            } else if (!each.name().equals(TEMPLATE0)) {
                unasked.put(each.name(), "it takes no connections");
            }
        }
        return new ListedTablespaces(
                names,
                databases.stream().map(Database::tablespace).collect(Collectors.toSet()),
                databases.stream().collect(Collectors.toMap(Database::oid, Database::name)),
                relations,
                unasked);
    }
}
