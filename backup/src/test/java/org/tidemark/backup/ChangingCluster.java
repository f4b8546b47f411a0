// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

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
    private static final int TABLES = 4;

    private final PostgresServer server;
    private final AtomicBoolean ended = new AtomicBoolean();
    private final AtomicLong committed = new AtomicLong();
    private final List<Thread> threads = new ArrayList<>();

    private ChangingCluster(PostgresServer server) {
        this.server = server;
    }

    /** Tables of some megabytes, in two tablespaces. */
    static void prepare(PostgresServer server) {
        server.sql(
                "CREATE TABLESPACE fast LOCATION '" + server.newDirectory("fast") + "'",
                "CREATE EXTENSION amcheck",
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

    static ChangingCluster begin(PostgresServer server, Random random) {
        ChangingCluster changes = new ChangingCluster(server);
        for (int i = 0; i < 2; i++) {
            int session = i;
            changes.run(new Random(random.nextLong()), each -> changes.update(each, session));
        }
        changes.run(new Random(random.nextLong()), changes::define);
        changes.run(new Random(random.nextLong()), changes::define);
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
        return switch (random.nextInt(14)) {
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
            default -> List.of("CLUSTER " + table + " USING " + table + "_pkey", "ANALYZE " + table);
        };
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
