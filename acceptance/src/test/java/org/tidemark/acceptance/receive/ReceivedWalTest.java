// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.receive;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.acceptance.TidemarkHost.Running;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.PostgresWait;
import org.tidemark.testkit.Rounds;

/** A server whose WAL reaches the repository by {@code wal-receive} alone. */
class ReceivedWalTest {
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final WalSegmentSize SIZE = new WalSegmentSize(1 << 20);

    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#oneOfThisRun")
    void aReceiverThatIsKilledAtAnyMomentLosesNothing(PostgresBinaries binaries) throws Exception {
        Random random = Rounds.random();
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer server = server(binaries)) {
            configure(host, server);
            server.sql("CREATE TABLE accounts (id integer PRIMARY KEY, balance bigint, filler text)");
            server.sql("INSERT INTO accounts SELECT i, 0, repeat('x', 200) FROM generate_series(1, 5000) AS i");
            host.must("init");
            host.must("wal-receive", "--slot", "receiver", "--create-slot", "--if-not-exists");
            host.must("wal-receive", "--slot", "receiver", "--create-slot", "--if-not-exists");
            try (Load _ = new Load(server)) {
                Running first = receive(host, server, "--slot", "receiver");
                host.must("backup", "--method", "stream");
                first.kill();
                for (int round = 0; round < Rounds.of(4, 100); round++) {
                    Running receiver = random.nextBoolean()
                            ? receive(host, server, "--slot", "receiver")
                            : receive(host, server, "--slot", "receiver", "--synchronous");
                    Thread.sleep(random.nextInt(1500)); // the moment of the kill is left to chance
                    receiver.kill();
                    requireHeld(host, server, Lsn.parse(server.query("SELECT restart_lsn FROM pg_replication_slots")));
                }
            }
            server.sql("SELECT pg_switch_wal()", "INSERT INTO accounts VALUES (0, 1, '')", "SELECT pg_switch_wal()");

            host.must("wal-receive", "--slot", "receiver", "--endpos", inTheNextSegment(server));

            host.must("wal-verify");
            Path restored = host.directory().resolve("restored");
            host.must("recover", "--to", restored.toString());
            try (PostgresServer copy =
                    PostgresServer.of(binaries).from(restored).start()) {
                copy.awaitRecoveryEnd(LIMIT);
                assertThat(copy.tableHashes()).isEqualTo(server.tableHashes());
            }
        }
    }

    /** What the server takes for flushed is in the spool or in the repository, as the server wrote it. */
    private static void requireHeld(TidemarkHost host, PostgresServer server, Lsn flushed) throws IOException {
        Segment segment = Segment.containing(Timeline.FIRST, flushed, SIZE);
        Segment before = Segment.of(Timeline.FIRST, segment.index(SIZE) - 1, SIZE);
        assertThat(files(host, before.name()))
                .as("the segment before " + flushed)
                .isNotEmpty();
        int offset = Math.toIntExact(flushed.value() - segment.start(SIZE).value());
        if (offset > 0) {
            Path held = files(host, segment.name() + ".open").stream()
                    .findFirst()
                    .orElseGet(() -> host.directory().resolve("none"));
            // One that is whole meanwhile is compared at the end.
            if (Files.exists(held)) {
                byte[] written = Files.readAllBytes(
                        server.dataDirectory().resolve("pg_wal").resolve(segment.name()));
                assertThat(Arrays.mismatch(Files.readAllBytes(held), 0, offset, written, 0, offset))
                        .as("%s up to %s", held, flushed)
                        .isEqualTo(-1);
            } else {
                assertThat(files(host, segment.name()))
                        .as("%s is flushed", flushed)
                        .isNotEmpty();
            }
        }
    }

    /** The files of the spool and the repository that have this name. */
    private static List<Path> files(TidemarkHost host, String name) throws IOException {
        List<Path> found = new ArrayList<>();
        for (String part : List.of("spool", "repository")) {
            try (Stream<Path> files = Files.walk(host.directory().resolve(part))) {
                files.filter(file -> file.endsWith(name) && Files.isRegularFile(file))
                        .forEach(found::add);
            }
        }
        return found;
    }

    @Test
    void aSignalEndsItAndTheNextStartContinues() throws Exception {
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer server = server(PostgresBinaries.newestEmbedded())) {
            configure(host, server);
            server.sql("CREATE TABLE accounts (id integer, balance bigint, filler text)");
            host.must("init");
            for (String signal : new String[] {"TERM", "INT"}) {
                Running receiver = receive(host, server, "--synchronous", "--status-interval", "1s");
                server.sql("CREATE TABLE " + signal + " ()");
                receiver.signal(signal);

                Outcome stopped = receiver.await();

                assertThat(stopped.status()).as(stopped.talk()).isEqualTo(75);
                assertThat(stopped.talk())
                        .contains("stopped; the next start continues")
                        .doesNotContain("ERROR");
            }
            server.sql("SELECT pg_switch_wal()");
            assertThat(host.must("wal-receive", "--endpos", inTheNextSegment(server))
                            .talk())
                    .contains("receiving WAL from", "received up to");
        }
    }

    private static PostgresServer server(PostgresBinaries binaries) {
        return PostgresServer.of(binaries)
                .initdb("--wal-segsize=1")
                .archiving("/bin/true")
                .start();
    }

    /** Past the end of the segment that was just closed. */
    private static String inTheNextSegment(PostgresServer server) {
        server.sql("INSERT INTO accounts VALUES (-1, 0, '')", "DELETE FROM accounts WHERE id = -1");
        return server.walPosition().toString();
    }

    private static void configure(TidemarkHost host, PostgresServer server) throws IOException {
        Path repository = Files.createDirectory(host.directory().resolve("repository"));
        host.configure("[repository.local]\nurl = '" + repository.toUri() + "'\n[cluster.main]\nconninfo = '"
                + server.conninfo() + "'\nrepositories = ['local']\n");
    }

    private static Running receive(TidemarkHost host, PostgresServer server, String... options) {
        List<String> arguments = new ArrayList<>(List.of("wal-receive"));
        arguments.addAll(List.of(options));
        Running running = host.start(arguments.toArray(String[]::new));
        PostgresWait.until("it receives", LIMIT, server, () -> {
            if (!running.isRunning()) {
                throw new AssertionError(running.await().talk());
            }
            return server.query("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'")
                    .equals("1");
        });
        return running;
    }

    /** Transactions like those of pgbench, from one session, until it is closed. */
    private static final class Load implements AutoCloseable {
        private final AtomicBoolean ended = new AtomicBoolean();
        private final Thread thread;

        Load(PostgresServer server) {
            Random random = new Random(7);
            thread = new Thread(
                    () -> {
                        try (Connection connection = server.connect();
                                Statement statement = connection.createStatement()) {
                            while (!ended.get()) {
                                statement.execute(
                                        "UPDATE accounts SET balance = balance + 1, filler = md5(random()::text)"
                                                + " WHERE id % 500 = " + random.nextInt(500));
                                Thread.sleep(1);
                            }
                        } catch (SQLException e) {
                            throw new IllegalStateException(e);
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                        }
                    },
                    "load");
            thread.start();
        }

        @Override
        public void close() {
            ended.set(true);
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
