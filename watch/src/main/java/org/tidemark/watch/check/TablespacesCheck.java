// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.tidemark.core.Amounts;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Finding;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.PostgresException;
import org.tidemark.postgres.SqlConnection;
import org.tidemark.server.ServerSettings;

/**
 * Whether PostgreSQL finds the files that its catalogs say are there. It starts without the disk of a tablespace, and
 * says nothing until somebody reads a table in it. {@code pg_tablespace_databases()} tells which databases have files
 * in a tablespace. Only a database itself knows whether its relations are in one; it is asked about tablespaces in
 * which no database has files.
 */
final class TablespacesCheck implements Check<AskedServer> {
    /** For all databases together. */
    private static final Duration MAX_ASKING = Duration.ofSeconds(5);

    private static final String FOUND = """
            WITH found AS MATERIALIZED (
                SELECT oid AS tablespace, pg_tablespace_databases(oid) AS database
                FROM pg_tablespace WHERE oid <> 1664)""";

    /** Without those that DROP DATABASE could not finish. */
    private static final String DATABASES_WITHOUT_FILES = FOUND + """

            SELECT t.oid, t.spcname, d.datname FROM pg_database d JOIN pg_tablespace t ON t.oid = d.dattablespace
            WHERE d.datconnlimit <> -2
            AND NOT EXISTS (SELECT FROM found WHERE found.tablespace = t.oid AND found.database = d.oid)""";

    private static final String TABLESPACES_WITHOUT_FILES = FOUND + """

            SELECT t.oid, t.spcname FROM pg_tablespace t WHERE t.oid NOT IN (1663, 1664)
            AND NOT EXISTS (SELECT FROM found WHERE found.tablespace = t.oid)""";

    /** A temporary relation may be lost, and a partitioned table has no file. */
    private static final String USED = "SELECT DISTINCT reltablespace FROM pg_class"
            + " WHERE reltablespace NOT IN (0, 1663, 1664) AND relfilenode <> 0 AND relpersistence <> 't'";

    /** Those in which somebody can have made something. */
    private static final String DATABASES =
            "SELECT datname FROM pg_database WHERE datallowconn AND datconnlimit <> -2 ORDER BY oid";

    private record Tablespace(long oid, String name) {}

    /** A database that has something in a tablespace in which PostgreSQL finds none of its files. */
    private record Missing(Tablespace tablespace, String database) {}

    @Override
    public Subject subject() {
        return Subject.TABLESPACES;
    }

    @Override
    public List<Finding> look(AskedServer at) {
        List<Finding> findings = new ArrayList<>();
        Set<Missing> databases = databases(at.sql());
        if (!databases.isEmpty()) {
            // A database that is being dropped loses its files before its row.
            databases.retainAll(databases(at.sql()));
        }
        databases.forEach(each -> findings.add(missing(at.sql(), each)));
        Set<Tablespace> empty = empty(at.sql());
        databases.forEach(each -> empty.remove(each.tablespace()));
        if (!empty.isEmpty()) {
            findings.addAll(relations(at, empty));
        }
        return findings.isEmpty()
                ? List.of(Subject.TABLESPACES.ok("PostgreSQL has the files of its databases and tablespaces"))
                : findings;
    }

    private static Set<Missing> databases(SqlConnection sql) {
        return new HashSet<>(sql.query(
                ServerSettings.LIMIT,
                row -> new Missing(new Tablespace(row.getLong(1), row.getString(2)), row.getString(3)),
                DATABASES_WITHOUT_FILES));
    }

    private static Set<Tablespace> empty(SqlConnection sql) {
        return new HashSet<>(sql.query(
                ServerSettings.LIMIT,
                row -> new Tablespace(row.getLong(1), row.getString(2)),
                TABLESPACES_WITHOUT_FILES));
    }

    private static List<Finding> relations(AskedServer at, Set<Tablespace> empty) {
        Set<Missing> missing = new HashSet<>();
        Set<String> unasked = new TreeSet<>();
        long begun = System.nanoTime();
        for (String database : at.sql().query(ServerSettings.LIMIT, row -> row.getString(1), DATABASES)) {
            Optional<Set<Long>> used =
                    System.nanoTime() - begun > MAX_ASKING.toNanos() ? Optional.empty() : used(at, database);
            used.ifPresentOrElse(
                    oids -> empty.stream()
                            .filter(each -> oids.contains(each.oid()))
                            .forEach(each -> missing.add(new Missing(each, database))),
                    () -> unasked.add(database));
        }
        // Somebody may have made the first relation meanwhile.
        Set<Tablespace> stillEmpty = empty(at.sql());
        List<Finding> findings = new ArrayList<>();
        missing.stream()
                .filter(each -> stillEmpty.contains(each.tablespace()))
                .forEach(each -> findings.add(missing(at.sql(), each)));
        stillEmpty.stream()
                .filter(each ->
                        missing.stream().noneMatch(known -> known.tablespace().equals(each)))
                .forEach(each -> unused(at, each, unasked).ifPresent(findings::add));
        return findings;
    }

    /** Empty if the database could not be asked. */
    private static Optional<Set<Long>> used(AskedServer at, String database) {
        try (SqlConnection sql = SqlConnection.open(at.connection().withDatabase(database))) {
            return Optional.of(new HashSet<>(sql.query(ServerSettings.LIMIT, row -> row.getLong(1), USED)));
        } catch (UserFacingException e) {
            if (e.exitCode() == ExitCode.INTERRUPTED) {
                throw e;
            }
            return Optional.empty();
        }
    }

    private static Finding missing(SqlConnection sql, Missing missing) {
        String place = place(sql, missing.tablespace());
        return Subject.TABLESPACES.critical(
                "database '" + missing.database() + "' has tables or indexes in tablespace '"
                        + missing.tablespace().name() + "', and PostgreSQL finds no file of them in '" + place + "'",
                "Is its disk mounted? Mount it at '" + place + "'. If the disk is lost, restore the tablespace from a"
                        + " backup that has it: tidemark list-backup");
    }

    /** A tablespace that no database uses, as far as they could be asked. */
    private static Optional<Finding> unused(AskedServer at, Tablespace tablespace, Set<String> unasked) {
        if (!isWithoutDirectory(at, tablespace)) {
            return Optional.empty();
        }
        String place = place(at.sql(), tablespace);
        return Optional.of(Subject.TABLESPACES.warning(
                "PostgreSQL finds no directory of its version in '" + place + "', the place of tablespace '"
                        + tablespace.name() + "'"
                        + (unasked.isEmpty()
                                ? ", which no database uses"
                                : "; whether it is in use, "
                                        + Amounts.count(unasked.size(), "database", "databases")
                                        + " could not be asked, such as '"
                                        + unasked.iterator().next() + "'"),
                "Is its disk mounted? Mount it at '" + place + "'."
                        + (unasked.isEmpty() ? " If nobody needs the tablespace any more, drop it in psql." : "")));
    }

    /** False also if the role may not know. */
    private static boolean isWithoutDirectory(AskedServer at, Tablespace tablespace) {
        return at.ifAllowed(
                        row -> row.getBoolean(1), "SELECT pg_tablespace_size(" + tablespace.oid() + "::oid) IS NULL")
                .orElse(false);
    }

    private static String place(SqlConnection sql, Tablespace tablespace) {
        try {
            String location = sql.text(ServerSettings.LIMIT, "SELECT pg_tablespace_location(?::oid)", tablespace.oid())
                    .orElse("");
            return location.isEmpty() ? "base" : location;
        } catch (PostgresException e) {
            // Without its link.
            return "pg_tblspc/" + tablespace.oid();
        }
    }
}
