// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.wal.change;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.core.Lsn;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.wal.change.Change.Kind;
import org.tidemark.postgres.wal.change.EndedTransaction.Gap;
import org.tidemark.postgres.wal.change.EndedTransaction.Outcome;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.Rounds;

/** The kinds that statements mean, written down by hand, against those that their WAL is taken for. */
class StatementMatrixTest {
    private static final System.Logger LOG = System.getLogger(StatementMatrixTest.class.getName());
    private static final int ROWS = 100;

    private static final String TABLE = "CREATE TABLE t(id int PRIMARY KEY, b text, c int)";
    private static final String FILLED =
            "INSERT INTO t SELECT g, repeat(md5(g::text), 5), g FROM generate_series(1, " + ROWS + ") g";
    private static final String OTHER = "CREATE TABLE u(id int, b text)";
    private static final String OTHER_FILLED =
            "INSERT INTO u SELECT g, repeat(md5(g::text), 3) FROM generate_series(1, " + ROWS + ") g";
    private static final String INDEX = "CREATE INDEX ti ON t(c)";
    private static final String VIEW = "CREATE VIEW v AS SELECT 1 AS x, 2 AS y";
    private static final String PARTITIONED = "CREATE TABLE p(id int, b text) PARTITION BY LIST (id)";
    private static final String[] PARTITIONS = {
        "CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)", "CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2)"
    };
    private static final String PARTITIONS_FILLED =
            "INSERT INTO p SELECT 1 + g % 2, 'x' FROM generate_series(1, " + 2 * ROWS + ") g";
    private static final String TO_BIGINT = "ALTER TABLE t ALTER id TYPE bigint, ALTER c TYPE bigint";

    /** In which way a statement is run. */
    private enum Way {
        PLAIN,
        BLOCK,
        SAVEPOINT,
        EXCEPTION_BLOCK,
        TWO_PHASE,
        ROLLED_BACK,
        SAVEPOINT_ROLLED_BACK,
        TWO_PHASE_ROLLED_BACK;

        boolean isCommitted() {
            return compareTo(ROLLED_BACK) < 0;
        }
    }

    private enum Limit {
        ANYWHERE,
        /** PostgreSQL does not prepare transactions that used temporary relations. */
        NOT_PREPARED,
        /** PostgreSQL runs it outside of transaction blocks alone. */
        ALONE
    }

    /** @param expected such as {@code TRUNCATE t}: the kind, and the relations that the user has named */
    private record Case(Limit limit, List<String> setup, List<String> statements, Set<String> expected) {
        Case alone() {
            return new Case(Limit.ALONE, setup, statements, expected);
        }

        Case notPrepared() {
            return new Case(Limit.NOT_PREPARED, setup, statements, expected);
        }
    }

    private static List<String> of(String... statements) {
        return List.of(statements);
    }

    private static Case that(List<String> setup, List<String> statements, String... expected) {
        return new Case(Limit.ANYWHERE, setup, statements, Set.of(expected));
    }

    private static List<Case> cases(String place) {
        List<String> t = of(TABLE, INDEX, FILLED);
        List<String> both = of(TABLE, INDEX, FILLED, OTHER, OTHER_FILLED);
        List<String> unlogged = of(TABLE.replace("TABLE", "UNLOGGED TABLE"), INDEX, FILLED);
        List<String> temporary = of(TABLE.replace("TABLE", "TEMP TABLE"), INDEX, FILLED);
        List<String> parts = of(PARTITIONED, PARTITIONS[0], PARTITIONS[1], PARTITIONS_FILLED);
        List<Case> cases = new ArrayList<>();
        // What is dropped.
        cases.add(that(t, of("DROP TABLE t"), "DROP t"));
        cases.add(that(both, of("DROP TABLE t, u"), "DROP t", "DROP u"));
        cases.add(that(of(TABLE), of("DROP TABLE t"), "DROP t"));
        cases.add(that(of("CREATE TABLE t(a int, b int, c int)"), of("DROP TABLE t"), "DROP t"));
        cases.add(that(of("CREATE TABLE t()"), of("DROP TABLE t"), "DROP t"));
        cases.add(that(of("CREATE TABLE t(id int GENERATED ALWAYS AS IDENTITY)"), of("DROP TABLE t"), "DROP t"));
        cases.add(that(unlogged, of("DROP TABLE t"), "DROP t"));
        cases.add(that(temporary, of("DROP TABLE t"), "TEMPORARY_DROP t").notPrepared());
        cases.add(that(temporary, of("DISCARD TEMP"), "TEMPORARY_DROP t").alone());
        cases.add(that(of("CREATE TEMP SEQUENCE s"), of("DROP SEQUENCE s"), "TEMPORARY_DROP s")
                .notPrepared());
        cases.add(that(of(VIEW), of("DROP VIEW v"), "DROP v"));
        cases.add(that(
                of(TABLE, FILLED, "CREATE MATERIALIZED VIEW m AS SELECT * FROM t"),
                of("DROP MATERIALIZED VIEW m"),
                "DROP m"));
        cases.add(that(of("CREATE SEQUENCE s"), of("DROP SEQUENCE s"), "DROP s"));
        cases.add(that(t, of("DROP INDEX ti"), "DROP ti"));
        cases.add(that(t, of("ALTER TABLE t DROP CONSTRAINT t_pkey"), "DROP t_pkey"));
        cases.add(that(t, of("DROP INDEX CONCURRENTLY ti"), "DROP ti").alone());
        cases.add(that(parts, of("DROP TABLE p"), "DROP p", "DROP p1", "DROP p2"));
        cases.add(that(parts, of("DROP TABLE p1"), "DROP p1"));
        cases.add(that(of(PARTITIONED), of("DROP TABLE p"), "DROP p"));
        cases.add(that(
                of(
                        "DROP FOREIGN DATA WRAPPER IF EXISTS w CASCADE",
                        "CREATE FOREIGN DATA WRAPPER w",
                        "CREATE SERVER s FOREIGN DATA WRAPPER w",
                        "CREATE FOREIGN TABLE f(a int) SERVER s"),
                of("DROP FOREIGN TABLE f"),
                "DROP f"));
        cases.add(that(
                of(
                        "DROP SCHEMA IF EXISTS inner_one CASCADE",
                        "CREATE SCHEMA inner_one",
                        "CREATE TABLE inner_one.x(a text)",
                        "CREATE VIEW inner_one.y AS SELECT 1"),
                of("DROP SCHEMA inner_one CASCADE"),
                "DROP x",
                "DROP y"));
        cases.add(that(both, of("DROP TABLE t", "CREATE TABLE t(a int)"), "DROP t"));
        cases.add(that(both, of("DROP TABLE t", "ALTER TABLE u RENAME TO t"), "DROP t"));
        cases.add(that(t, of("CREATE TABLE n AS SELECT * FROM t", "DROP TABLE t"), "DROP t"));
        // What is not.
        cases.add(that(of(), of(TABLE, FILLED, "DROP TABLE t")));
        cases.add(that(of(), of(VIEW, "DROP VIEW v")));
        cases.add(that(of(), of("CREATE TEMP TABLE x(a text)", "DROP TABLE x")).notPrepared());
        cases.add(
                that(of(), of("CREATE TEMP TABLE x ON COMMIT DROP AS SELECT 1")).notPrepared());
        cases.add(that(of("CREATE TYPE ct AS (a int)"), of("DROP TYPE ct")));
        cases.add(that(of("CREATE FUNCTION f() RETURNS int AS 'SELECT 1' LANGUAGE sql"), of("DROP FUNCTION f()")));
        cases.add(that(t, of("ALTER TABLE t DROP COLUMN b")));
        cases.add(that(t, of("ALTER TABLE t DROP COLUMN id"), "DROP t_pkey"));
        cases.add(that(t, of("ALTER TABLE t ADD COLUMN d int DEFAULT 7")));
        cases.add(that(t, of("ALTER TABLE t RENAME COLUMN id TO other")));
        cases.add(that(t, of("ALTER TABLE t RENAME TO t9")));
        cases.add(that(t, of("ALTER TABLE t ALTER b TYPE varchar")));
        cases.add(that(t, of("DO $lock$ BEGIN LOCK TABLE t; END $lock$")));
        cases.add(that(t, of("CREATE INDEX tb ON t(b)", "CREATE VIEW v AS SELECT * FROM t")));
        cases.add(that(t, of("CREATE INDEX CONCURRENTLY tb ON t(b)")).alone());
        cases.add(that(of(VIEW), of("CREATE OR REPLACE VIEW v AS SELECT 3 AS x, 4 AS y, 5 AS z")));
        cases.add(that(of(VIEW), of("ALTER VIEW v RENAME COLUMN x TO z")));
        cases.add(that(of("CREATE SEQUENCE s"), of("ALTER SEQUENCE s RESTART WITH 5", "SELECT setval('s', 9)")));
        cases.add(that(parts, of("ALTER TABLE p DETACH PARTITION p1")));
        cases.add(that(of(), of(TABLE, FILLED, INDEX, "ANALYZE t")));
        cases.add(that(both, of("CREATE TABLE n AS SELECT * FROM t", "INSERT INTO u SELECT id, b FROM t")));
        cases.add(that(t, of("SELECT * FROM t FOR UPDATE")));
        // What is emptied.
        cases.add(that(t, of("TRUNCATE t"), "TRUNCATE t"));
        cases.add(that(of(TABLE), of("TRUNCATE t"), "TRUNCATE t"));
        cases.add(that(of("CREATE TABLE t(a int)"), of("TRUNCATE t"), "TRUNCATE t"));
        cases.add(that(both, of("TRUNCATE t, u"), "TRUNCATE t", "TRUNCATE u"));
        cases.add(that(both, of("TRUNCATE t", "TRUNCATE u"), "TRUNCATE t", "TRUNCATE u"));
        cases.add(that(
                of("CREATE TABLE t(id int GENERATED ALWAYS AS IDENTITY, b text)", "INSERT INTO t(b) VALUES ('x')"),
                of("TRUNCATE t RESTART IDENTITY"),
                "TRUNCATE t"));
        cases.add(that(
                of(TABLE, FILLED, "CREATE TABLE u(id int REFERENCES t)"),
                of("TRUNCATE t CASCADE"),
                "TRUNCATE t",
                "TRUNCATE u"));
        cases.add(that(unlogged, of("TRUNCATE t"), "TRUNCATE t"));
        cases.add(that(temporary, of("TRUNCATE t")).notPrepared());
        cases.add(that(parts, of("TRUNCATE p"), "TRUNCATE p1", "TRUNCATE p2"));
        cases.add(that(parts, of("TRUNCATE p2"), "TRUNCATE p2"));
        cases.add(that(of(), of(TABLE, FILLED, "TRUNCATE t")));
        cases.add(that(t, of("TRUNCATE t", "TRUNCATE t"), "TRUNCATE t"));
        cases.add(that(t, of("TRUNCATE t", FILLED, "TRUNCATE t"), "TRUNCATE t"));
        cases.add(that(t, of("TRUNCATE t", FILLED), "TRUNCATE t"));
        for (String kind : of("hash", "brin", "spgist", "gist", "gin")) {
            String column = switch (kind) {
                case "gist", "spgist" -> "(point(c, c))";
                case "gin" -> "(to_tsvector('simple', b))";
                default -> "c";
            };
            List<String> indexed = of(TABLE, FILLED, "CREATE INDEX tk ON t USING " + kind + " (" + column + ")");
            cases.add(that(indexed, of("TRUNCATE t"), "TRUNCATE t"));
            cases.add(that(indexed, of("REINDEX INDEX tk"), "REINDEX tk"));
            cases.add(that(
                    of(TABLE, "CREATE INDEX tk ON t USING " + kind + " (" + column + ")"),
                    of("REINDEX INDEX tk"),
                    "REINDEX tk"));
        }
        cases.add(that(both, of("DROP TABLE t", "TRUNCATE u"), "DROP t", "TRUNCATE u"));
        cases.add(that(t, of("TRUNCATE t", TO_BIGINT), "TRUNCATE t", "REWRITE t"));
        cases.add(that(t, of(TO_BIGINT, "TRUNCATE t"), "TRUNCATE t", "REWRITE t"));
        // What is rewritten.
        cases.add(that(t, of(TO_BIGINT), "REWRITE t"));
        cases.add(that(t, of(TO_BIGINT, TO_BIGINT.replace("bigint", "numeric")), "REWRITE t"));
        cases.add(that(t, of("ALTER TABLE t ALTER b TYPE int USING 1"), "REWRITE t"));
        cases.add(that(t, of("ALTER TABLE t ADD COLUMN d float DEFAULT random()"), "REWRITE t"));
        cases.add(that(t, of("ALTER TABLE t SET UNLOGGED"), "REWRITE t"));
        cases.add(that(unlogged, of("ALTER TABLE t SET LOGGED"), "REWRITE t"));
        cases.add(that(unlogged, of(TO_BIGINT), "REWRITE t"));
        cases.add(that(temporary, of(TO_BIGINT)).notPrepared());
        cases.add(that(t, of("CLUSTER t USING ti"), "REWRITE t"));
        cases.add(that(t, of("VACUUM FULL t"), "REWRITE t").alone());
        cases.add(that(of(TABLE), of("VACUUM FULL t"), "REWRITE t").alone());
        cases.add(that(unlogged, of("VACUUM FULL t"), "REWRITE t").alone());
        cases.add(that(temporary, of("VACUUM FULL t")).alone());
        cases.add(that(
                of(TABLE, FILLED, "CREATE MATERIALIZED VIEW m AS SELECT * FROM t"),
                of("REFRESH MATERIALIZED VIEW m"),
                "REWRITE m"));
        cases.add(that(
                        of(
                                TABLE,
                                FILLED,
                                "CREATE MATERIALIZED VIEW m AS SELECT * FROM t",
                                "CREATE UNIQUE INDEX mi ON m(id)",
                                "UPDATE t SET c = -c WHERE id < 20"),
                        of("REFRESH MATERIALIZED VIEW CONCURRENTLY m"))
                .notPrepared());
        cases.add(that(both, of("DROP TABLE u", TO_BIGINT), "DROP u", "REWRITE t"));
        cases.add(that(of(TABLE, INDEX, FILLED, VIEW), of("DROP VIEW v", TO_BIGINT, VIEW), "DROP v", "REWRITE t"));
        cases.add(that(parts, of("ALTER TABLE p ALTER b TYPE int USING 5"), "REWRITE p1", "REWRITE p2"));
        // What is built again, and what moves.
        cases.add(that(t, of("REINDEX INDEX ti"), "REINDEX ti"));
        cases.add(that(t, of("REINDEX TABLE t"), "REINDEX ti", "REINDEX t_pkey"));
        cases.add(that(unlogged, of("REINDEX TABLE t"), "REINDEX ti", "REINDEX t_pkey"));
        cases.add(that(temporary, of("REINDEX TABLE t")).notPrepared());
        cases.add(that(t, of("REINDEX INDEX CONCURRENTLY ti"), "REINDEX ti").alone());
        cases.add(that(t, of("REINDEX TABLE CONCURRENTLY t"), "REINDEX ti", "REINDEX t_pkey")
                .alone());
        cases.add(that(t, of("ALTER TABLE t SET TABLESPACE " + place), "TABLESPACE_CHANGE t"));
        cases.add(that(of(TABLE), of("ALTER TABLE t SET TABLESPACE " + place), "TABLESPACE_CHANGE t"));
        cases.add(
                that(of("CREATE TABLE t(a int)"), of("ALTER TABLE t SET TABLESPACE " + place), "TABLESPACE_CHANGE t"));
        cases.add(that(unlogged, of("ALTER TABLE t SET TABLESPACE " + place), "TABLESPACE_CHANGE t"));
        cases.add(that(t, of("ALTER INDEX ti SET TABLESPACE " + place), "TABLESPACE_CHANGE ti"));
        cases.add(that(
                of("CREATE TABLE t(a text) TABLESPACE " + place, "INSERT INTO t VALUES ('x')"),
                of("TRUNCATE t"),
                "TRUNCATE t"));
        // Rows.
        cases.add(that(t, of("DELETE FROM t"), "MASS_DELETE t"));
        cases.add(that(t, of("DELETE FROM t WHERE id <= 10")));
        cases.add(that(t, of("UPDATE t SET b = b || 'x'"), "MASS_UPDATE t"));
        cases.add(that(t, of("UPDATE t SET c = c + 1"), "MASS_UPDATE t"));
        cases.add(that(t, of("DELETE FROM t", FILLED), "MASS_DELETE t"));
        cases.add(that(
                t, of("INSERT INTO t SELECT id, 'y', c FROM t ON CONFLICT (id) DO UPDATE SET c = 0"), "MASS_UPDATE t"));
        cases.add(that(parts, of("DELETE FROM p"), "MASS_DELETE p1", "MASS_DELETE p2"));
        cases.add(that(both, of("DELETE FROM t", "DROP TABLE u"), "MASS_DELETE t", "DROP u"));
        cases.add(that(unlogged, of("DELETE FROM t")));
        cases.add(that(temporary, of("DELETE FROM t")).notPrepared());
        cases.add(that(of(TABLE, FILLED, "DELETE FROM t"), of("VACUUM t")).alone());
        cases.add(that(t, of("VACUUM (FREEZE) t", "ANALYZE t")).alone());
        // What a server has beside relations.
        cases.add(that(of(), of("CREATE DATABASE victim")).alone());
        cases.add(that(of(), of("DROP DATABASE victim"), "DATABASE_DROP victim").alone());
        cases.add(
                that(of(), of("DROP TABLESPACE spare"), "TABLESPACE_DROP spare").alone());
        // Last: from here on, the catalogs have other files.
        cases.add(that(of(), of("VACUUM FULL pg_class"), "REWRITE pg_class").alone());
        cases.add(
                that(of(), of("VACUUM FULL pg_database"), "REWRITE pg_database").alone());
        cases.add(that(t, of("DROP TABLE t"), "DROP t"));
        cases.add(that(temporary, of("DROP TABLE t"), "TEMPORARY_DROP t").notPrepared());
        cases.add(that(t, of("VACUUM FULL t"), "REWRITE t").alone());
        cases.add(that(of(), of("CREATE DATABASE victim")).alone());
        cases.add(that(of(), of("DROP DATABASE victim"), "DATABASE_DROP victim").alone());
        return cases;
    }

    /** A case that was run, and what the server knew before. */
    private record Run(
            Case of,
            Way way,
            Lsn from,
            Lsn to,
            Map<Long, String> names,
            Map<Long, Long> owners,
            Map<Long, Long> files,
            Set<Long> left) {
        @Override
        public String toString() {
            return way + " " + of.statements;
        }
    }

    static Stream<Arguments> servers() {
        List<Integer> sizes = Rounds.oneOrAll(List.of(1, 16, 64));
        return PostgresBinaries.oneOfThisRun().stream()
                .flatMap(binaries -> sizes.stream().map(size -> Arguments.of(binaries, size)));
    }

    @ParameterizedTest(name = "{0}, segments of {1} MiB")
    @MethodSource("servers")
    void everyStatementIsWhatItMeans(PostgresBinaries binaries, int segmentMebibytes) throws Exception {
        Random random = Rounds.random();
        try (PostgresServer server = FollowedServer.start(binaries, segmentMebibytes)) {
            server.sql(
                    "CREATE TABLESPACE place LOCATION '" + server.newDirectory("place") + "'",
                    "CREATE TABLESPACE spare LOCATION '" + server.newDirectory("spare") + "'",
                    "CREATE TABLE bystander(a int)",
                    "CREATE TABLE loaded(a int, b text)");
            List<Run> runs = new ArrayList<>();
            Set<Long> load = ConcurrentHashMap.newKeySet();
            AtomicBoolean ends = new AtomicBoolean();
            try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
                Future<?> session = executor.submit(() -> load(server, load, ends));
                try {
                    for (Case each : cases("place")) {
                        for (Way way : some(ways(each), random)) {
                            if (random.nextInt(20) == 0) {
                                server.sql("CHECKPOINT");
                            }
                            try {
                                runs.add(run(server, each, way, "s" + runs.size()));
                            } catch (SQLException e) {
                                throw new AssertionError(way + " " + each.statements, e);
                            }
                        }
                    }
                } finally {
                    ends.set(true);
                }
                session.get();
            }
            server.stopFast();

            List<EndedTransaction> all =
                    FollowedServer.transactions(server, new WalSegmentSize(segmentMebibytes << 20));
            List<String> wrong = new ArrayList<>();
            for (Run run : runs) {
                check(run, all, load, wrong);
            }

            LOG.log(
                    System.Logger.Level.INFO,
                    binaries + ", " + segmentMebibytes + " MiB: " + runs.size() + " statements, " + all.size()
                            + " transactions, " + wrong.size() + " wrong");
            assertThat(wrong).isEmpty();
        }
    }

    /** All ways in a campaign; in a build each case is run in some. */
    private static List<Way> some(List<Way> ways, Random random) {
        List<Way> all = new ArrayList<>(ways);
        Collections.shuffle(all, random);
        return all.subList(0, Math.min(all.size(), Rounds.of(3, all.size())));
    }

    private static List<Way> ways(Case each) {
        return switch (each.limit) {
            case ALONE -> List.of(Way.PLAIN);
            case ANYWHERE, NOT_PREPARED ->
                Stream.of(Way.values())
                        .filter(way -> each.limit == Limit.ANYWHERE
                                || (way != Way.TWO_PHASE && way != Way.TWO_PHASE_ROLLED_BACK))
                        // Several statements are meant as one transaction.
                        .filter(way -> way != Way.PLAIN || each.statements.size() == 1)
                        .toList();
        };
    }

    private static Run run(PostgresServer server, Case each, Way way, String schema) throws SQLException {
        try (Connection connection = server.connect();
                Statement sql = connection.createStatement()) {
            sql.execute("CREATE SCHEMA " + schema);
            sql.execute("SET search_path = " + schema + ", public");
            for (String statement : each.setup) {
                sql.execute(statement);
            }
            Map<Long, String> names = new HashMap<>();
            Map<Long, Long> owners = new HashMap<>();
            Map<Long, Long> files = new HashMap<>();
            known(sql, names, owners, files);
            Lsn from = position(sql);
            execute(sql, each, way);
            Lsn to = position(sql);
            Set<Long> left = new HashSet<>();
            try (ResultSet rows = sql.executeQuery(
                    "SELECT oid FROM pg_class UNION SELECT oid FROM pg_database UNION SELECT oid FROM pg_tablespace")) {
                while (rows.next()) {
                    left.add(rows.getLong(1));
                }
            }
            // Otherwise they are dropped at the end of the session, some time after the next case has begun.
            sql.execute("DISCARD TEMP");
            return new Run(each, way, from, to, names, owners, files, left);
        }
    }

    private static void known(Statement sql, Map<Long, String> names, Map<Long, Long> owners, Map<Long, Long> files)
            throws SQLException {
        try (ResultSet rows = sql.executeQuery("SELECT c.oid, c.relname,"
                + " coalesce(i.indrelid, t.oid, d.refobjid, c.oid), pg_relation_filenode(c.oid) FROM pg_class c"
                + " LEFT JOIN pg_index i ON i.indexrelid = c.oid LEFT JOIN pg_class t ON t.reltoastrelid = c.oid"
                + " LEFT JOIN pg_depend d ON d.objid = c.oid AND d.classid = 1259 AND c.relkind = 'S'"
                + " AND d.refclassid = 1259 AND d.deptype IN ('a', 'i')"
                + " UNION ALL SELECT oid, datname, oid, 0 FROM pg_database"
                + " UNION ALL SELECT oid, spcname, oid, 0 FROM pg_tablespace")) {
            while (rows.next()) {
                names.put(rows.getLong(1), rows.getString(2));
                owners.put(rows.getLong(1), rows.getLong(3));
                files.put(rows.getLong(4), rows.getLong(1));
            }
        }
        // The index of a toast table is the table's too.
        owners.replaceAll((_, owner) -> owners.getOrDefault(owner, owner));
    }

    private static Lsn position(Statement sql) throws SQLException {
        try (ResultSet rows = sql.executeQuery("SELECT pg_current_wal_insert_lsn()")) {
            rows.next();
            return Lsn.parse(rows.getString(1));
        }
    }

    private static void execute(Statement sql, Case each, Way way) throws SQLException {
        if (way == Way.EXCEPTION_BLOCK) {
            String body = String.join(
                    "; ",
                    each.statements.stream()
                            .map(one -> one.startsWith("SELECT") ? one.replaceFirst("SELECT", "PERFORM") : one)
                            .toList());
            sql.execute("DO $do$ BEGIN " + body + "; EXCEPTION WHEN division_by_zero THEN NULL; END $do$");
            return;
        }
        if (way != Way.PLAIN) {
            sql.execute("BEGIN");
        }
        if (way == Way.SAVEPOINT || way == Way.SAVEPOINT_ROLLED_BACK) {
            sql.execute("INSERT INTO bystander VALUES (1)");
            sql.execute("SAVEPOINT one");
        }
        for (String statement : each.statements) {
            sql.execute(way == Way.SAVEPOINT ? "SAVEPOINT inner_one" : "SELECT 1");
            sql.execute(statement);
        }
        switch (way) {
            case BLOCK -> sql.execute("COMMIT");
            case SAVEPOINT -> {
                sql.execute("RELEASE one");
                sql.execute("SAVEPOINT two");
                sql.execute("DELETE FROM bystander");
                sql.execute("ROLLBACK TO two");
                sql.execute("COMMIT");
            }
            case TWO_PHASE -> {
                sql.execute("PREPARE TRANSACTION 'x'");
                sql.execute("SELECT txid_current()");
                sql.execute("COMMIT PREPARED 'x'");
            }
            case ROLLED_BACK -> sql.execute("ROLLBACK");
            case SAVEPOINT_ROLLED_BACK -> {
                sql.execute("ROLLBACK TO one");
                sql.execute("INSERT INTO bystander VALUES (2)");
                sql.execute("COMMIT");
            }
            case TWO_PHASE_ROLLED_BACK -> {
                sql.execute("PREPARE TRANSACTION 'x'");
                sql.execute("ROLLBACK PREPARED 'x'");
            }
            case PLAIN, EXCEPTION_BLOCK -> {}
        }
    }

    private static void check(Run run, List<EndedTransaction> all, Set<Long> load, List<String> wrong) {
        Set<String> expected = run.way.isCommitted() ? run.of.expected : Set.of();
        Set<String> found = new TreeSet<>();
        List<String> problems = new ArrayList<>();
        boolean isUnread = false;
        Set<Long> expectedOwners = run.names.entrySet().stream()
                .filter(each -> expected.stream().anyMatch(one -> one.endsWith(" " + each.getValue())))
                .map(each -> run.owners.get(each.getKey()))
                .collect(Collectors.toSet());
        for (EndedTransaction each : all) {
            boolean isHere =
                    !each.end().at().isBefore(run.from) && each.end().at().isBefore(run.to);
            if (!isHere || load.contains(each.unsignedXid())) {
                continue;
            }
            isUnread |= each.knowledge().contains(Gap.UNREAD);
            if (each.outcome() == Outcome.ROLLED_BACK && !each.changes().isEmpty()) {
                problems.add("rolled back with changes");
            }
            for (Change change : each.changes()) {
                for (long oid : change.oids()) {
                    String name = run.names.getOrDefault(oid, "?");
                    found.add(change.kind() + " " + name);
                    if (!expectedOwners.contains(run.owners.getOrDefault(oid, oid))) {
                        problems.add(change.kind() + " names " + oid + " (" + name + ")");
                    }
                    // An index that is built again concurrently has another OID afterwards.
                    if (change.kind() != Kind.REINDEX
                            && run.left.contains(oid) == change.kind().name().endsWith("DROP")) {
                        problems.add(change.kind() + " names " + name + ", which contradicts what is left");
                    }
                }
                if (change.oids().isEmpty()
                        || expected.stream().noneMatch(one -> one.startsWith(change.kind() + " "))) {
                    problems.add("unexpected " + change);
                }
                // The row is marked as invalid outside of the transaction, before its first record.
                if (change.kind() == Kind.DATABASE_DROP
                        && !change.before().at().isBefore(each.first().at())) {
                    problems.add("the database is invalid before " + change.before());
                }
                boolean isLocked = change.kind() == Kind.DROP || change.kind() == Kind.TRUNCATE;
                if (isLocked
                        && (each.look().isEmpty()
                                || !each.look().get().at().isBefore(each.end().at()))) {
                    problems.add("no lock before the end");
                }
                boolean isLeftEmpty = !run.of.statements.getLast().startsWith("INSERT");
                if (change.kind() == Kind.TRUNCATE && change.leavesEmpty() != isLeftEmpty) {
                    problems.add("leavesEmpty is " + change.leavesEmpty());
                }
            }
            for (Change mass : each.massChanges(ROWS)) {
                long file = mass.newFiles().getFirst().number();
                if (!mass.newFiles().getFirst().isSystem() && run.files.containsKey(file)) {
                    found.add(mass.kind() + " " + run.names.get(run.files.get(file)));
                    if (expected.stream().noneMatch(one -> one.startsWith(mass.kind() + " "))) {
                        problems.add("unexpected " + mass);
                    }
                }
            }
            if (each.knowledge().contains(Gap.BEGUN_BEFORE) || each.knowledge().contains(Gap.MERGED)) {
                problems.add("knowledge " + each.knowledge());
            }
        }
        if (isUnread) {
            // It says itself that it may be wrong.
            problems.clear();
            expected.forEach(found::add);
        }
        for (String one : expected) {
            if (!found.contains(one)) {
                problems.add("missed " + one);
            }
        }
        if (!problems.isEmpty()) {
            wrong.add(run + ": " + problems + ", found " + found);
        }
    }

    /** Another session, whose transactions have xids of their own. */
    private static boolean load(PostgresServer server, Set<Long> xids, AtomicBoolean ends) throws SQLException {
        try (Connection connection = server.connect();
                Statement sql = connection.createStatement()) {
            while (!ends.get()) {
                sql.execute("BEGIN");
                try (ResultSet rows = sql.executeQuery("SELECT txid_current()")) {
                    rows.next();
                    xids.add(rows.getLong(1));
                }
                sql.execute("INSERT INTO loaded SELECT g, 'x' FROM generate_series(1, 50) g");
                sql.execute("UPDATE loaded SET b = b || 'y' WHERE a = 7");
                sql.execute("SELECT pg_sleep(0.01)");
                sql.execute("CREATE TEMP TABLE shortlived ON COMMIT DROP AS SELECT 1");
                sql.execute("DELETE FROM loaded WHERE a < 49");
                sql.execute("COMMIT");
            }
        }
        return true;
    }
}
