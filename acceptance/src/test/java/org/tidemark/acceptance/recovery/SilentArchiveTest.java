// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.acceptance.InstalledTidemark;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.PostgresWait;

/**
 * An archive that takes connections and never says a word, and standbys that stream: they have another way to the WAL,
 * so it costs them seconds.
 */
@ParameterizedClass
@MethodSource("org.tidemark.testkit.PostgresBinaries#oneOfThisRun")
@Order(1) // among the longest
@InTurn
final class SilentArchiveTest {
    /** Of a busy machine; with the store's own limits alone each question takes ten minutes. */
    private static final Duration LIMIT = Duration.ofMinutes(3);

    @Parameter
    PostgresBinaries binaries = PostgresBinaries.embedded().getLast();

    private final TidemarkHost host = new TidemarkHost();
    private ServerSocket silent;

    @BeforeEach
    void configure() throws IOException {
        // Nobody takes the connections out of its queue.
        silent = new ServerSocket(0, 1000, InetAddress.getLoopbackAddress());
        Path secret = Files.writeString(host.directory().resolve("secret"), "something\n");
        host.configure("""
            [repository.silent]
            url = 's3://backups/production'
            endpoint = 'http://127.0.0.1:%d'
            access-key-id = 'tester'
            secret-access-key-file = '%s'
            read-timeout = '10m'
            request-timeout = '10m'
            [cluster.main]
            repositories = ['silent']
            """.formatted(silent.getLocalPort(), secret));
    }

    @AfterEach
    void close() throws IOException {
        silent.close();
        host.close();
    }

    @Test
    void aStreamingStandbyStartsAndIsPromotedWithoutIt() {
        try (PostgresServer primary = ArchivedCluster.primary(binaries)
                .setting("wal_keep_size", "64MB")
                .start()) {
            Path base = primary.takeBaseBackup(primary.newDirectory("copies").resolve("base"))
                    .dataDirectory();
            primary.sql("CREATE TABLE rows AS SELECT generate_series(1, 500) AS n");
            try (PostgresServer standby = standbyOf(primary, base)) {
                Duration started = time(() -> standby.awaitConnections(Duration.ofMinutes(5)));
                awaitRows(standby, 500);
                primary.stopImmediately();
                Duration promoted = time(() -> promote(standby));
                try (PostgresServer next = standbyOf(standby, base)) {
                    Duration nextStarted = time(() -> next.awaitConnections(Duration.ofMinutes(5)));
                    standby.sql("INSERT INTO rows VALUES (501)");
                    awaitRows(next, 501);
                    standby.stopImmediately();
                    Duration nextPromoted = time(() -> promote(next));
                    assertThat(next.query("SELECT count(*) FROM rows")).isEqualTo("501");
                    assertThat(next.query("SELECT pg_walfile_name(pg_current_wal_lsn())"))
                            .startsWith("00000003");
                    assertThat(started).isLessThan(LIMIT);
                    assertThat(promoted).isLessThan(LIMIT);
                    assertThat(nextStarted).isLessThan(LIMIT);
                    assertThat(nextPromoted).isLessThan(LIMIT);
                }
            }
        }
    }

    private PostgresServer standbyOf(PostgresServer primary, Path base) {
        PostgresServer standby = PostgresServer.of(binaries)
                .from(base)
                .standbyOf(primary)
                .setting("wal_keep_size", "64MB")
                .autoSetting(
                        "restore_command",
                        InstalledTidemark.walLauncher() + " wal-fetch %f %p --cluster main --config " + host.config())
                .create();
        standby.launch();
        return standby;
    }

    private static void awaitRows(PostgresServer standby, int count) {
        PostgresWait.until(
                "the rows are there",
                Duration.ofMinutes(5),
                standby,
                () -> standby.query("SELECT to_regclass('rows') IS NOT NULL").equals("t"));
        PostgresWait.until(
                "the rows are there",
                Duration.ofMinutes(5),
                standby,
                () -> standby.query("SELECT count(*) FROM rows").equals(Integer.toString(count)));
    }

    private static void promote(PostgresServer standby) {
        standby.sql("SELECT pg_promote(false)");
        standby.awaitRecoveryEnd(Duration.ofMinutes(5));
    }

    private static Duration time(Runnable work) {
        long start = System.nanoTime();
        work.run();
        return Duration.ofNanos(System.nanoTime() - start);
    }
}
