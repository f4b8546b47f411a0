// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.receive;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Running;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.PostgresServerBuilder;
import org.tidemark.testkit.PostgresWait;

/** What happens to a receiver in the course of years; each time the archive is complete, and a restore proves it. */
class ReceiverStoriesTest {
    private static final Duration LIMIT = Duration.ofMinutes(3);

    /** A receiver that is connected to a standby of a standby, while first the one is promoted and then the other. */
    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#oneOfThisRun")
    void twoPromotionsAreFollowedFromTheEndOfACascade(PostgresBinaries binaries) throws Exception {
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer primary = server(binaries).archiving("/bin/true").start();
                PostgresServer first = standbyOf(primary);
                PostgresServer second = standbyOf(first)) {
            configure(host, primary);
            primary.sql("CREATE TABLE rows (n integer)");
            host.must("init");
            awaitRows(second, 0);
            configure(host, second);
            Running receiver = receive(host, second);
            configure(host, primary);
            host.must("backup", "--method", "stream");
            write(primary, 100);
            awaitRows(second, 100);

            primary.stopImmediately();
            first.promote();
            write(first, 100);
            awaitRows(second, 200);
            first.stopImmediately();
            second.promote();
            write(second, 100);

            String last = second.query("SELECT pg_walfile_name(pg_switch_wal())");
            Path repository = host.directory().resolve("repository");
            PostgresWait.until("'" + last + "' is archived", LIMIT, second, () -> {
                if (!receiver.isRunning()) {
                    throw new AssertionError(receiver.await().talk());
                }
                try (Stream<Path> files = Files.walk(repository)) {
                    return files.anyMatch(file -> file.endsWith(last));
                }
            });
            receiver.signal("TERM");
            assertThat(receiver.await().talk()).contains("timeline 1 ended", "timeline 2 ended");
            assertRestored(host, second);
        }
    }

    private static void assertRestored(TidemarkHost host, PostgresServer server) {
        host.must("wal-verify");
        Path restored = host.directory().resolve("restored");
        host.must("recover", "--to", restored.toString());
        try (PostgresServer copy =
                PostgresServer.of(server.binaries()).from(restored).start()) {
            copy.awaitRecoveryEnd(LIMIT);
            assertThat(copy.tableHashes()).isEqualTo(server.tableHashes());
        }
    }

    private static PostgresServerBuilder server(PostgresBinaries binaries) {
        return PostgresServer.of(binaries)
                .initdb("--wal-segsize=1")
                .setting("wal_keep_size", "64MB")
                .setting("wal_receiver_status_interval", "1s");
    }

    private static PostgresServer standbyOf(PostgresServer upstream) {
        Path base = upstream.takeBaseBackup(upstream.newDirectory("copies").resolve("base"))
                .dataDirectory();
        return server(upstream.binaries()).from(base).standbyOf(upstream).start();
    }

    private static void write(PostgresServer server, int rows) {
        server.sql("INSERT INTO rows SELECT generate_series(1, " + rows + ")");
    }

    private static void awaitRows(PostgresServer server, int rows) {
        PostgresWait.until(
                rows + " rows have arrived",
                LIMIT,
                server,
                () -> server.query("SELECT count(*) FROM pg_class WHERE relname = 'rows'")
                                .equals("1")
                        && server.query("SELECT count(*) FROM rows").equals(Integer.toString(rows)));
    }

    private static void configure(TidemarkHost host, PostgresServer server) throws IOException {
        Path repository = host.directory().resolve("repository");
        Files.createDirectories(repository);
        host.configure("push-timeout = '20s'\n[repository.local]\nurl = '" + repository.toUri()
                + "'\n[cluster.main]\nconninfo = '" + server.conninfo() + "'\nrepositories = ['local']\n");
    }

    private static Running receive(TidemarkHost host, PostgresServer server, String... options) {
        List<String> arguments = new ArrayList<>(List.of("wal-receive", "--status-interval", "1s"));
        arguments.addAll(List.of(options));
        Running running = host.start(arguments.toArray(String[]::new));
        PostgresWait.until("it receives", LIMIT, server, () -> {
            if (!running.isRunning()) {
                throw new AssertionError(running.await().talk());
            }
            return server.query("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'"
                            + " AND application_name = 'tidemark'")
                    .equals("1");
        });
        return running;
    }
}
