// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.receive;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Running;
import org.tidemark.acceptance.stores.S3ProxyProcess;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.PostgresWait;
import org.tidemark.testkit.Rounds;
import org.tidemark.testkit.TemporaryTree;

/**
 * PostgreSQL is killed under load, its directory is lost, and the receiver and its spool are lost with it: what is left
 * is the repository, on a server with S3's interface. Clients note what was acknowledged to them.
 */
@Order(1) // among the longest
@InTurn
class DisasterTest {
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final int CLIENTS = 3;
    private static final Duration INTERVAL = Duration.ofSeconds(1);

    /** What arrives within an interval is stored soon after it, also by a busy machine. */
    private static final Duration SOON = Duration.ofSeconds(8);

    @TempDir
    private static Path home;

    @SuppressWarnings("NullAway.Init")
    private static S3ProxyProcess store;

    private static int folders;

    @BeforeAll
    static void start() throws IOException {
        store = S3ProxyProcess.start(home);
    }

    @AfterAll
    static void stop() {
        store.close();
    }

    /** A transaction that was acknowledged. */
    private record Acknowledged(int client, int number, long nanos) {
        String row() {
            return client + "." + number;
        }
    }

    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#oneOfThisRun")
    void aDisasterCostsAtMostTheLastInterval(PostgresBinaries binaries) throws Exception {
        Random random = Rounds.random();
        for (int round = 0; round < Rounds.of(1, 4); round++) {
            Loss loss = loss(binaries, 10_000 + random.nextInt(3_000), "--piece-interval", INTERVAL.toSeconds() + "s");
            System.out.println("a disaster: " + loss);
            assertThat(loss.transactions).as("the load wrote all the time").isGreaterThan(50);
            assertThat(loss.seconds).as("%s", loss).isLessThan((double)
                    INTERVAL.plus(SOON).toSeconds());
        }
    }

    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#oneOfThisRun")
    void aSynchronousCommitIsInTheRepository(PostgresBinaries binaries) throws Exception {
        Random random = Rounds.random();
        for (int round = 0; round < Rounds.of(1, 4); round++) {
            Loss loss = loss(
                    binaries,
                    3_000 + random.nextInt(3_000),
                    "--synchronous",
                    "--flush-after",
                    "repository",
                    "--synchronous-standby-name",
                    "bucket");
            System.out.println("a disaster with synchronous commits: " + loss);
            assertThat(loss.transactions).as("commits return").isGreaterThan(5);
            assertThat(loss.missing).as("%s", loss).isEmpty();
        }
    }

    /**
     * What was lost.
     *
     * @param transactions that were acknowledged
     * @param seconds before the disaster when the first of them was acknowledged that are missing
     */
    private record Loss(int transactions, List<String> missing, double seconds) {
        @Override
        public String toString() {
            return transactions + " transactions acknowledged, " + missing.size() + " of them lost, of the last "
                    + seconds + " s";
        }
    }

    private static Loss loss(PostgresBinaries binaries, int milliseconds, String... options) throws Exception {
        folders++;
        String folder = "disaster-" + folders;
        Load load = new Load();
        long end;
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer server = PostgresServer.of(binaries)
                        .initdb()
                        .archiving("/bin/true")
                        .setting("synchronous_commit", "on")
                        .start()) {
            configure(host, folder, server.conninfo());
            server.sql("CREATE TABLE noted (client integer, number integer, filler text)");
            host.must("init");
            host.must("wal-receive", "--slot", "receiver", "--create-slot");
            List<String> command = new ArrayList<>(List.of("wal-receive", "--slot", "receiver"));
            command.addAll(List.of(options));
            Running receiver = host.start(command.toArray(String[]::new));
            PostgresWait.until("it receives", LIMIT, server, () -> {
                if (!receiver.isRunning()) {
                    throw new AssertionError(receiver.await().talk());
                }
                return server.query("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'")
                        .equals("1");
            });
            host.must("backup", "--method", "stream");
            if (command.contains("--synchronous")) {
                server.awaitStandbyAtCommit("bucket");
            }
            load.start(server);
            Thread.sleep(milliseconds); // the moment of the disaster is left to chance
            end = System.nanoTime();
            kill(server);
            TemporaryTree.delete(server.dataDirectory());
            receiver.kill();
            load.await();
        }
        try (TidemarkHost host = new TidemarkHost()) {
            configure(host, folder, "host=/nowhere");
            Path restored = host.directory().resolve("restored");
            host.must("recover", "--to", restored.toString());
            try (PostgresServer copy =
                    PostgresServer.of(binaries).from(restored).start()) {
                copy.awaitRecoveryEnd(LIMIT);
                return loss(load, rows(copy), end);
            }
        }
    }

    private static Loss loss(Load load, Set<String> rows, long end) {
        List<String> missing = new ArrayList<>();
        double seconds = 0;
        for (Acknowledged each : load.acknowledged) {
            if (!rows.contains(each.row())) {
                missing.add(each.row());
                seconds = Math.max(seconds, (end - each.nanos()) / 1e9);
            }
        }
        return new Loss(load.acknowledged.size(), missing, seconds);
    }

    private static Set<String> rows(PostgresServer server) throws SQLException {
        Set<String> rows = new HashSet<>();
        try (Connection connection = server.connect();
                Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery("SELECT client, number FROM noted")) {
            while (found.next()) {
                rows.add(found.getInt(1) + "." + found.getInt(2));
            }
        }
        return rows;
    }

    private static void configure(TidemarkHost host, String folder, String conninfo) throws IOException {
        host.configure(store.toml("bucket", folder, host.directory()) + "[cluster.main]\nconninfo = '" + conninfo
                + "'\nrepositories = ['bucket']\n");
    }

    /** As kill -9 does to every process of the server. */
    private static void kill(PostgresServer server) {
        server.run(List.of(
                "sh",
                "-c",
                "pid=$(head -n 1 '" + server.dataDirectory() + "/postmaster.pid'); children=$(ps -o pid= --ppid $pid);"
                        + " kill -9 $pid $children || true"));
        server.awaitDown(LIMIT);
    }

    /** Clients that insert, until their server is gone. */
    private static final class Load {
        private final ConcurrentLinkedQueue<Acknowledged> acknowledged = new ConcurrentLinkedQueue<>();
        private final CountDownLatch ended = new CountDownLatch(CLIENTS);

        void start(PostgresServer server) {
            for (int i = 0; i < CLIENTS; i++) {
                int client = i;
                new Thread(() -> run(server, client), "client-" + i).start();
            }
        }

        private void run(PostgresServer server, int client) {
            try (Connection connection = server.connect();
                    PreparedStatement insert =
                            connection.prepareStatement("INSERT INTO noted VALUES (?, ?, repeat('x', 500))")) {
                for (int number = 0; ; number++) {
                    insert.setInt(1, client);
                    insert.setInt(2, number);
                    insert.executeUpdate();
                    acknowledged.add(new Acknowledged(client, number, System.nanoTime()));
                    Thread.sleep(2);
                }
            } catch (SQLException e) {
                // The disaster.
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                ended.countDown();
            }
        }

        void await() throws InterruptedException {
            if (!ended.await(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                throw new AssertionError("clients go on without a server");
            }
        }
    }
}
