// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.examples;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.tidemark.testkit.BackgroundServer;
import org.tidemark.testkit.FreePort;
import org.tidemark.testkit.OperatingUser;

/**
 * One member of a Patroni cluster, by the files of {@code examples/patroni}. Patroni and its PostgreSQL, which is no
 * child of Patroni, do not outlive this JVM. Not thread-safe.
 */
final class PatroniMember implements AutoCloseable {
    private static final HttpClient HTTP =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();

    private final String name;
    private final Path home;
    private final int port = FreePort.next();
    private final int apiPort = FreePort.next();
    private final Operator operator;
    private final Thread endWithJvm = new Thread(this::end);
    private Optional<BackgroundServer> patroni = Optional.empty();

    /**
     * Makes the directory of the member, in that of its cluster.
     *
     * @param more what else to replace in patroni.yml
     */
    PatroniMember(String name, Path cluster, int etcdPort, Path programs, Map<String, String> more) throws IOException {
        this.name = name;
        home = Files.createDirectory(cluster.resolve(name));
        operator = new Operator(home, home.resolve("tidemark.toml"));
        Files.createDirectory(home.resolve("run"));
        Map<String, String> here = Map.of(
                "/var/lib/postgresql/15/main", data().toString(),
                "/var/run/postgresql", home.resolve("run").toString());
        Map<String, String> member = new TreeMap<>(here);
        member.putAll(Map.of(
                "name: db1", "name: " + name,
                "etcd1:2379,etcd2:2379,etcd3:2379", "127.0.0.1:" + etcdPort,
                "0.0.0.0:8008", "127.0.0.1:" + apiPort,
                "db1:8008", "127.0.0.1:" + apiPort,
                "0.0.0.0:5432", "127.0.0.1:" + port,
                "db1:5432", "127.0.0.1:" + port,
                "/usr/lib/postgresql/15/bin", programs.toString()));
        member.putAll(Map.of(
                "/usr/bin/tidemark",
                Operator.launcher().toString(),
                "/etc/patroni/from-repository",
                home.resolve("from-repository").toString(),
                "/var/lib/postgresql/.pgpass-patroni",
                home.resolve("pgpass").toString(),
                // Thirty seconds until a failover are for a network.
                "ttl: 30",
                "ttl: 10",
                "loop_wait: 10",
                "loop_wait: 1",
                "retry_timeout: 10",
                "retry_timeout: 4"));
        member.putAll(more);
        ExampleFile.write(home.resolve("config.yml"), ExampleFile.text("patroni/patroni.yml", member));
        ExampleFile.write(
                home.resolve("from-repository"),
                ExampleFile.text(
                        "patroni/from-repository",
                        Map.of("/usr/bin/tidemark", Operator.launcher().toString())));
        Map<String, String> tidemark = new TreeMap<>(here);
        tidemark.put(
                "s3://backups-of-main", cluster.resolve("repository").toUri().toString());
        tidemark.put("region = \"eu-central-1\"\n", "");
        tidemark.put("user=postgres dbname", "port=" + port + " user=postgres dbname");
        ExampleFile.write(
                operator.configuration(),
                "[host]\nspool = '" + home.resolve("spool") + "'\n"
                        + ExampleFile.text("patroni/tidemark.toml", tidemark));
        OperatingUser.current().own(home);
        Runtime.getRuntime().addShutdownHook(endWithJvm);
    }

    String name() {
        return name;
    }

    Operator operator() {
        return operator;
    }

    Path data() {
        return home.resolve("data");
    }

    int port() {
        return port;
    }

    void start() {
        patroni = Optional.of(BackgroundServer.start(
                operator.command(List.of("patroni", home.resolve("config.yml").toString())),
                home.resolve("patroni.log"),
                Map.of()));
    }

    /** What Patroni and PostgreSQL have printed. */
    String log() {
        try {
            Path log = home.resolve("patroni.log");
            return Files.exists(log) ? Files.readString(log) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    boolean isLeader() throws IOException, InterruptedException {
        return answersYes("leader");
    }

    boolean isSynchronousStandby() throws IOException, InterruptedException {
        return answersYes("synchronous");
    }

    /** Whether it streams from the member that is the leader now, on its timeline. */
    boolean follows(PatroniMember leader) throws SQLException, IOException, InterruptedException {
        return answersYes("replica")
                && query("SELECT status || ' ' || sender_port || ' ' || received_tli FROM pg_stat_wal_receiver")
                        .equals("streaming " + leader.port + " "
                                + leader.query("SELECT timeline_id FROM pg_control_checkpoint()"));
    }

    private boolean answersYes(String question) throws IOException, InterruptedException {
        return HTTP.send(request(question).GET().build(), HttpResponse.BodyHandlers.discarding())
                        .statusCode()
                == 200;
    }

    /** Orders something by Patroni's interface; its status. */
    int post(String what, String json) throws IOException, InterruptedException {
        return HTTP.send(
                        request(what)
                                .POST(HttpRequest.BodyPublishers.ofString(json))
                                .build(),
                        HttpResponse.BodyHandlers.discarding())
                .statusCode();
    }

    /** Runs patronictl, which reads its answers from {@code input}. */
    void patronictl(String command, String input) throws IOException, InterruptedException {
        operator.must("printf '" + input + "' | patronictl -c " + home.resolve("config.yml") + " " + command);
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + apiPort + "/" + path))
                .timeout(Duration.ofSeconds(60));
    }

    Connection connect() throws SQLException {
        return DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + port
                + "/postgres?user=postgres&password=change-this&connectTimeout=5&socketTimeout=60");
    }

    /** The first column of the first row, as text; empty if there is no row. */
    String query(String sql) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            return rows.next() ? String.valueOf(rows.getString(1)) : "";
        }
    }

    /** Statements in one session, each in a transaction of its own. */
    void sql(String... statements) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            for (String each : statements) {
                statement.execute(each);
            }
        }
    }

    /** Ends Patroni and PostgreSQL at once, as when the machine stops; {@link #start} starts both again. */
    void crash() {
        patroni.ifPresent(BackgroundServer::crash);
        patroni = Optional.empty();
        killPostgres();
    }

    private void end() {
        patroni.ifPresent(BackgroundServer::crash);
        killPostgres();
    }

    /** Its children end as well when they see that it is gone. */
    private void killPostgres() {
        try {
            Path lock = data().resolve("postmaster.pid");
            if (Files.exists(lock)) {
                long pid = Long.parseLong(Files.readAllLines(lock).getFirst().strip());
                ProcessHandle.of(pid)
                        .filter(process -> process.info().command().orElse("").endsWith("/postgres"))
                        .ifPresent(process -> {
                            process.destroyForcibly();
                            process.onExit().join();
                        });
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        end();
        Runtime.getRuntime().removeShutdownHook(endWithJvm);
    }
}
