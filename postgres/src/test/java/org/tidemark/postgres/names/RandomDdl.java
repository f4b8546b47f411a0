// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.names;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.tidemark.testkit.PostgresServer;

/**
 * Random data definition in some databases of a server, whose superuser it is. Statements may fail: on what another one
 * has dropped or locked, for example. Not thread-safe.
 */
final class RandomDdl implements AutoCloseable {
    private final PostgresServer server;
    private final Random random;
    private final String prefix;
    private final boolean rewritesCatalogs;
    private final List<String> databases = new ArrayList<>();
    private final Map<String, Connection> connections = new HashMap<>();
    private final Map<String, List<String>> schemas = new HashMap<>();
    private final Map<String, List<String>> tables = new HashMap<>();
    private int number;
    private int failures;

    /** Two of them that run at the same time need different prefixes. */
    RandomDdl(PostgresServer server, Random random, String prefix, boolean rewritesCatalogs) {
        this.server = server;
        this.random = random;
        this.prefix = prefix;
        this.rewritesCatalogs = rewritesCatalogs;
    }

    /** Prepares the server: tablespaces, and databases in them and in another encoding. */
    static void prepare(PostgresServer server) {
        server.sql("ALTER DATABASE template0 ALLOW_CONNECTIONS true");
        for (String name : List.of("ts1", "ts2")) {
            server.sql("CREATE TABLESPACE " + name + " LOCATION '" + server.newDirectory(name) + "'");
        }
    }

    void createDatabases() throws SQLException {
        try (Connection connection = server.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + prefix + "_utf8 TEMPLATE template0 TABLESPACE ts1");
            statement.execute("CREATE DATABASE " + prefix + "_latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'");
        }
        databases.addAll(List.of(prefix + "_utf8", prefix + "_latin"));
    }

    /** Returns the number of steps that failed so far. */
    int run(int statements) {
        for (int i = 0; i < statements; i++) {
            step();
        }
        return failures;
    }

    void step() {
        String database = pick(databases);
        try {
            if (random.nextInt(60) == 0) {
                changeDatabases();
                return;
            }
            execute(database, random.nextInt(26));
        } catch (SQLException e) {
            failures++;
            Connection broken = connections.remove(database);
            close(broken);
        }
    }

    /** A session that was closed drops its temporary tables only afterwards. */
    void awaitClosed() {
        String sessions = String.valueOf(connections.size());
        Awaitility.await("sessions that were closed end")
                .atMost(Duration.ofMinutes(1))
                .until(() -> server.query("SELECT count(*) FROM pg_stat_activity"
                                + " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()")
                        .equals(sessions));
    }

    /** Leaves a transaction prepared, and another one open, which ends when this is closed. */
    void leaveTransactions() throws SQLException {
        String database = databases.getFirst();
        Connection connection = connection(database);
        String dropped = newName(database);
        run(
                connection,
                "CREATE TABLE " + dropped + " (a int)",
                "BEGIN",
                "CREATE TABLE " + newName(database) + " (a text)",
                "DROP TABLE " + dropped,
                "PREPARE TRANSACTION '" + prefix + "'");
        run(
                connection,
                "CREATE TEMPORARY TABLE " + newName(database) + " (a text)",
                "BEGIN",
                "CREATE TABLE " + newName(database) + " (a text)",
                "SAVEPOINT s",
                "CREATE TABLE " + newName(database) + " (a text)");
    }

    private void changeDatabases() throws SQLException {
        String source = pick(databases);
        close(connections.remove(source));
        String made = prefix + "_" + number++;
        try (Connection connection = server.connect();
                Statement statement = connection.createStatement()) {
            if (databases.size() > 4) {
                String dropped = databases.removeLast();
                close(connections.remove(dropped));
                statement.execute("DROP DATABASE " + dropped);
            } else if (databases.size() > 2 && random.nextInt(3) == 0) {
                String renamed = databases.removeLast();
                close(connections.remove(renamed));
                statement.execute("ALTER DATABASE " + renamed + " RENAME TO \"" + made + "\"");
                rename(renamed, made);
            } else {
                String where = random.nextBoolean() ? " TABLESPACE ts2" : "";
                statement.execute("CREATE DATABASE " + made + " TEMPLATE " + source + where);
                rename(source, made);
            }
        }
    }

    private void rename(String from, String to) {
        databases.add(to);
        schemas.put(to, new ArrayList<>(schemas(from)));
        tables.put(to, new ArrayList<>(tables.computeIfAbsent(from, _ -> new ArrayList<>())));
    }

    private void execute(String database, int kind) throws SQLException {
        Connection c = connection(database);
        List<String> known = tables.computeIfAbsent(database, _ -> new ArrayList<>());
        String fresh = pick(schemas(database)) + "." + newName(database);
        String table = known.isEmpty() ? "pg_temp.none" : pick(known);
        switch (kind) {
            case 0, 1, 2, 3 -> {
                run(
                        c,
                        "CREATE " + (random.nextInt(4) == 0 ? "UNLOGGED " : "") + "TABLE " + fresh
                                + " (id bigserial PRIMARY KEY, note text)"
                                + (random.nextInt(4) == 0 ? " TABLESPACE ts1" : ""),
                        "INSERT INTO " + fresh + " (note) SELECT repeat('x', g) FROM generate_series(1, 50) g");
                known.add(fresh);
            }
            case 4, 5 -> {
                run(c, "DROP TABLE " + table + " CASCADE");
                known.remove(table);
            }
            case 6, 7 -> {
                String name = newName(database);
                run(c, "ALTER TABLE " + table + " RENAME TO " + name);
                known.remove(table);
                known.add(table.substring(0, table.indexOf('.') + 1) + name);
            }
            case 8 -> {
                String name = newName(database);
                run(c, "CREATE SCHEMA " + name);
                schemas(database).add(name);
            }
            case 9 -> changeSchema(c, database);
            case 10 -> run(c, "CREATE INDEX " + newName(database) + " ON " + table + " (note)");
            case 11 -> run(c, "REINDEX TABLE " + table);
            case 12 -> run(c, "CREATE VIEW " + fresh + " AS SELECT * FROM " + table);
            case 13 -> run(c, "CREATE MATERIALIZED VIEW " + fresh + " AS SELECT * FROM " + table);
            case 14 -> run(c, "CREATE SEQUENCE " + fresh);
            case 15 ->
                run(
                        c,
                        "CREATE TABLE " + fresh + " (a int, b text) PARTITION BY RANGE (a)",
                        "CREATE INDEX ON " + fresh + " (b)",
                        "CREATE TABLE " + pick(schemas(database)) + "." + newName(database) + " PARTITION OF " + fresh
                                + " FOR VALUES FROM (0) TO (10)");
            case 16 -> run(c, "CREATE TEMPORARY TABLE " + newName(database) + " (a int PRIMARY KEY, b text)");
            case 17 -> run(c, "TRUNCATE " + table);
            case 18 -> run(c, "ALTER TABLE " + table + " SET " + pick(List.of("LOGGED", "UNLOGGED", "TABLESPACE ts2")));
            case 19 -> run(c, pick(List.of("VACUUM FULL ", "VACUUM FREEZE ", "ANALYZE ")) + table);
            case 20 -> rewriteCatalog(c);
            case 21, 22 -> subtransactions(c, database, table);
            case 23 -> twoPhase(c, database);
            case 24 -> lockedByTwo(database, table);
            default -> run(c, "ALTER TABLE " + table + " ALTER COLUMN note TYPE varchar(100)");
        }
    }

    private void changeSchema(Connection c, String database) throws SQLException {
        String schema = schemas(database).getLast();
        if (schema.equals("public")) {
            return;
        }
        schemas(database).remove(schema);
        tables.getOrDefault(database, List.of()).removeIf(each -> each.startsWith(schema + "."));
        if (random.nextBoolean()) {
            run(c, "DROP SCHEMA " + schema + " CASCADE");
        } else {
            run(c, "ALTER SCHEMA " + schema + " RENAME TO " + newName(database));
        }
    }

    private void rewriteCatalog(Connection c) throws SQLException {
        if (rewritesCatalogs) {
            run(
                    c,
                    pick(List.of(
                            "VACUUM FULL pg_class",
                            "VACUUM FULL pg_namespace",
                            "VACUUM FREEZE pg_class",
                            "VACUUM FULL pg_database",
                            "CLUSTER pg_class USING pg_class_oid_index",
                            "REINDEX TABLE pg_class")));
        } else {
            run(c, "VACUUM pg_class");
        }
    }

    private void subtransactions(Connection c, String database, String table) throws SQLException {
        run(c, "BEGIN", "CREATE TABLE " + newName(database) + " (a text)");
        int count = random.nextInt(10) == 0 ? 80 : 3;
        for (int i = 0; i < count; i++) {
            run(c, "SAVEPOINT s", "CREATE TABLE " + newName(database) + " (a int)");
            if (random.nextBoolean()) {
                run(c, "GRANT SELECT ON " + table + " TO PUBLIC");
            }
            run(c, random.nextBoolean() ? "ROLLBACK TO s" : "RELEASE s");
        }
        run(c, random.nextBoolean() ? "COMMIT" : "ROLLBACK");
    }

    private void twoPhase(Connection c, String database) throws SQLException {
        String id = "'" + prefix + number++ + "'";
        run(
                c,
                "BEGIN",
                "CREATE TABLE " + newName(database) + " (a text)",
                "PREPARE TRANSACTION " + id,
                pick(List.of("COMMIT", "ROLLBACK")) + " PREPARED " + id);
    }

    /** A row of pg_class gets a multixact id, of lockers alone or with an update. */
    private void lockedByTwo(String database, String table) throws SQLException {
        String lock = "SELECT 1 FROM pg_class WHERE oid = '" + table.replace("'", "''") + "'::regclass FOR KEY SHARE";
        try (Connection one = open(database);
                Connection other = open(database)) {
            run(one, "BEGIN", lock);
            run(other, "BEGIN", lock);
            if (random.nextBoolean()) {
                run(other, "GRANT SELECT ON " + table + " TO PUBLIC");
            }
            run(other, random.nextBoolean() ? "COMMIT" : "ROLLBACK");
            run(one, "COMMIT");
        }
    }

    /** Never the same twice: quoted, with letters outside of ASCII, and of 63 bytes. */
    private String newName(String database) {
        String id = prefix + number++;
        return switch (random.nextInt(6)) {
            case 0 -> "\"Ä ß" + id + "\"";
            case 1 -> "\"a.b\"\"c'" + id + "\"";
            // What tells names apart comes first: PostgreSQL cuts off the end for the name of the array type.
            case 2 -> id + "x".repeat(63 - id.length());
            case 3 -> database.contains("latin") ? "\"ÿ" + id + "\"" : "\"日本" + id + "\"";
            default -> "n" + id;
        };
    }

    private List<String> schemas(String database) {
        return schemas.computeIfAbsent(database, _ -> new ArrayList<>(List.of("public")));
    }

    private <E> E pick(List<E> some) {
        return some.get(random.nextInt(some.size()));
    }

    private Connection connection(String database) throws SQLException {
        if (!connections.containsKey(database)) {
            connections.put(database, open(database));
        }
        return connections.get(database);
    }

    private Connection open(String database) throws SQLException {
        Connection connection = DriverManager.getConnection(url(server, database));
        run(connection, "SET lock_timeout = '300ms'");
        return connection;
    }

    static String url(PostgresServer server, String database) {
        return server.jdbcUrl().replace("/postgres?", "/" + database + "?");
    }

    private static void run(Connection connection, String... statements) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String each : statements) {
                statement.execute(each);
            }
        }
    }

    private static void close(@Nullable Connection connection) {
        try {
            if (connection != null) {
                connection.close();
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        connections.values().forEach(RandomDdl::close);
        connections.clear();
    }
}
