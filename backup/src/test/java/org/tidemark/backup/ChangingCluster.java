// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.tidemark.testkit.PostgresServer;

/**
 * Changes the files of a server in every way that PostgreSQL has, by several sessions at once, until it is closed. A
 * statement that fails, because of another session or a crash, is no matter: what counts is what was committed.
 */
final class ChangingCluster implements AutoCloseable {
    /** Changed all the time, and empty after a recovery. */
    static final String UNLOGGED = "always_unlogged";

    private static final int TABLES = 4;

    private final PostgresServer server;
    private final List<Path> places;
    private final AtomicBoolean ended = new AtomicBoolean();
    private final AtomicLong committed = new AtomicLong();
    private final List<Thread> threads = new ArrayList<>();

    private ChangingCluster(PostgresServer server, List<Path> places) {
        this.server = server;
        this.places = places;
    }

    /** Places for tablespaces. The first has one that stays, "fast". */
    static List<Path> prepareTablespaces(PostgresServer server) {
        List<Path> places =
                List.of(server.newDirectory("fast"), server.newDirectory("extra0"), server.newDirectory("extra1"));
        server.sql("CREATE TABLESPACE fast LOCATION '" + places.getFirst() + "'");
        return places;
    }

    /** Tables of some megabytes. */
    static void prepare(PostgresServer server) {
        server.sql(
                "CREATE EXTENSION amcheck",
                "CREATE UNLOGGED TABLE " + UNLOGGED + " (i int PRIMARY KEY, t text)",
                "CREATE TABLE accounts (i int PRIMARY KEY, n bigint, t text)",
                "INSERT INTO accounts SELECT i, 0, repeat(md5(i::text), 6) FROM generate_series(1, 20000) i",
                "CREATE TABLE commits (session int, n bigint, PRIMARY KEY (session, n))");
        for (int i = 0; i < TABLES; i++) {
            server.sql(
                    "CREATE TABLE changing" + i + " (i int PRIMARY KEY, t text, big text)",
                    "INSERT INTO changing" + i
                            + " SELECT i, md5(i::text), repeat(md5(i::text), i % 100) FROM generate_series(1, 3000) i");
        }
    }

    /** @param places of tablespaces, as {@link #prepareTablespaces} made them; none changes without tablespaces */
    static ChangingCluster begin(PostgresServer server, List<Path> places, Random random) {
        ChangingCluster changes = new ChangingCluster(server, places);
        for (int i = 0; i < 2; i++) {
            int session = i;
            changes.run(new Random(random.nextLong()), each -> changes.update(each, session));
        }
        changes.run(new Random(random.nextLong()), changes::define);
        changes.run(new Random(random.nextLong()), changes::define);
        return changes;
    }

    /** Executes the same statements again and again. */
    static ChangingCluster repeat(PostgresServer server, List<String> statements) {
        ChangingCluster changes = new ChangingCluster(server, List.of());
        changes.run(new Random(), random -> statements);
        return changes;
    }

    /** One change by a session of its own. */
    private interface Change {
        List<String> next(Random random);
    }

    private void run(Random random, Change change) {
        threads.add(Thread.ofPlatform().start(() -> {
            while (!ended.get()) {
                try (Connection connection = server.connect();
                        Statement statement = connection.createStatement()) {
                    while (!ended.get()) {
                        for (String sql : change.next(random)) {
                            execute(statement, sql);
                        }
                        pause(50);
                    }
                } catch (SQLException e) {
                    pause(50);
                }
            }
        }));
    }

    private static void execute(Statement statement, String sql) throws SQLException {
        try {
            statement.execute(sql);
        } catch (SQLException e) {
            if (!statement.getConnection().isValid(5)) {
                throw e;
            }
        }
    }

    private static void pause(int millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private List<String> update(Random random, int session) {
        int from = random.nextInt(20_000);
        return List.of(
                "UPDATE accounts SET n = n + 1, t = md5(n::text || t) || t WHERE i BETWEEN " + from + " AND "
                        + (from + random.nextInt(300)),
                "UPDATE accounts SET t = left(t, 192) WHERE length(t) > 600 AND i BETWEEN " + from + " AND "
                        + (from + 500),
                "INSERT INTO commits VALUES (" + session + ", " + committed.incrementAndGet() + ")");
    }

    private List<String> define(Random random) {
        String table = "changing" + random.nextInt(TABLES);
        String other = "made" + random.nextInt(3);
        return switch (random.nextInt(places.isEmpty() ? 15 : 17)) {
            case 0 -> List.of("VACUUM FULL " + table);
            case 1 -> List.of("REINDEX TABLE " + table);
            case 2 ->
                List.of("BEGIN; TRUNCATE " + table + "; INSERT INTO " + table
                        + " SELECT i, md5(i::text), repeat(md5(i::text), i % 90) FROM generate_series(1, "
                        + (1 + random.nextInt(4000)) + ") i; COMMIT");
            case 3 ->
                List.of("ALTER TABLE " + table + " SET TABLESPACE " + (random.nextBoolean() ? "fast" : "pg_default"));
            case 4 -> List.of("CREATE DATABASE copy" + random.nextInt(2));
            case 5 -> List.of("DROP DATABASE IF EXISTS copy" + random.nextInt(2));
            case 6 ->
                List.of("ALTER DATABASE copy" + random.nextInt(2) + " SET TABLESPACE "
                        + (random.nextBoolean() ? "fast" : "pg_default"));
            case 7 ->
                List.of("CREATE TABLE IF NOT EXISTS " + other + " AS SELECT i, repeat(md5(i::text), 5) AS t"
                        + " FROM generate_series(1, " + (1 + random.nextInt(10_000)) + ") i");
            case 8 -> List.of("DROP TABLE IF EXISTS " + other);
            case 9 ->
                List.of(
                        "CREATE UNLOGGED TABLE IF NOT EXISTS unlogged (i int PRIMARY KEY, t text)",
                        "INSERT INTO unlogged SELECT i, md5(i::text) FROM generate_series(1, 2000) i"
                                + " ON CONFLICT DO NOTHING",
                        random.nextBoolean() ? "DROP TABLE unlogged" : "ALTER TABLE unlogged RENAME TO " + other,
                        "ALTER TABLE " + other + " SET LOGGED");
            case 10 -> List.of("CHECKPOINT");
            case 11 -> List.of("DELETE FROM " + table + " WHERE i > " + random.nextInt(3000), "VACUUM " + table);
            case 12 -> List.of("CREATE TEMPORARY TABLE IF NOT EXISTS mine AS SELECT i FROM generate_series(1, 5000) i");
            case 13 ->
                List.of(
                        "TRUNCATE " + UNLOGGED,
                        "INSERT INTO " + UNLOGGED + " SELECT i, md5(i::text) FROM generate_series(1, "
                                + (1 + random.nextInt(3000)) + ") i");
            case 14 -> List.of("CLUSTER " + table + " USING " + table + "_pkey", "ANALYZE " + table);
            case 15 -> createTablespace(random.nextInt(2), random);
            default -> dropTablespace(random.nextInt(2));
        };
    }

    private List<String> createTablespace(int number, Random random) {
        return List.of(
                "CREATE TABLESPACE extra" + number + " LOCATION '" + places.get(number + 1) + "'",
                "CREATE TABLE in_extra" + number + " TABLESPACE extra" + number
                        + " AS SELECT i, md5(i::text) AS t FROM generate_series(1, " + random.nextInt(5000) + ") i",
                "ALTER DATABASE copy" + number + " SET TABLESPACE extra" + number);
    }

    private static List<String> dropTablespace(int number) {
        return List.of(
                "ALTER DATABASE copy" + number + " SET TABLESPACE fast",
                "DROP TABLE IF EXISTS in_extra" + number,
                "DROP TABLESPACE IF EXISTS extra" + number);
    }

    /** No more changes are begun. */
    void end() {
        ended.set(true);
    }

    @Override
    public void close() {
        end();
        for (Thread each : threads) {
            try {
                each.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted while statements ran", e);
            }
        }
    }
}
