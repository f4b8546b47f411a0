// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.core.ExitCode;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.Rounds;
import org.tidemark.testkit.TemporaryTree;

/** {@code recover --wal copy}: what it has restored is carried away, and the repository is gone. */
@ParameterizedClass
@MethodSource("org.tidemark.testkit.PostgresBinaries#ofThisRun")
@Order(1) // among the longest
@InTurn
final class CopiedWalTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    @Parameter
    PostgresBinaries binaries = PostgresBinaries.embedded().getLast();

    private ReplicatedCluster cluster;
    private TidemarkHost host;
    private Path restored;
    private Path wal;
    private PostgresServer second;
    private String half = "";

    /** Two timelines, with some segments on each. */
    @BeforeEach
    void cluster() throws IOException {
        cluster = new ReplicatedCluster(binaries);
        host = cluster.host();
        restored = host.directory().resolve("it's 5% of it");
        wal = host.directory().resolve("it's 5% of it.wal");
        write(cluster.primary(), 2, 4);
        second = cluster.standby("db2");
        second.sql(
                "ALTER SYSTEM SET archive_mode = on",
                "ALTER SYSTEM SET archive_command = '" + host.archiveCommand().replace("'", "''") + "'");
        second.restart();
        cluster.primary().awaitStandbyAtCommit("db2");
        cluster.primary().sql("INSERT INTO t VALUES (5)");
        cluster.primary().stopFast();
        second.promote();
        half = second.query("SELECT pg_create_restore_point('half')");
        write(second, 6, 8);
        second.stopFast();
    }

    private static void write(PostgresServer server, int from, int to) {
        for (int row = from; row <= to; row++) {
            server.sql("INSERT INTO t VALUES (" + row + ")");
            server.archiveCurrentSegment(LIMIT);
        }
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    private void recover(String... options) throws IOException {
        List<String> line = new ArrayList<>(List.of("recover", "--wal", "copy", "--to", restored.toString()));
        line.addAll(List.of(options));
        host.must(line.toArray(String[]::new));
    }

    /** Where there is neither a repository nor a configuration. */
    private PostgresServer carried() throws IOException {
        PostgresServer server = PostgresServer.of(binaries).from(restored).create();
        Path beside = server.dataDirectory().resolveSibling(wal.getFileName());
        TemporaryTree.copy(wal, beside);
        if (Files.exists(host.directory().resolve("repository"))) {
            TemporaryTree.delete(host.directory().resolve("repository"));
        }
        return server;
    }

    @Test
    void itNeedsNothingButItsOwnDirectories() throws IOException {
        assertThat(host.run("recover", "--wal", "copy", "--standby", "--to", restored.toString())
                        .status())
                .isEqualTo(ExitCode.USAGE.status());
        // As another cluster's restore would have left it.
        OperatingUser.current().own(Files.createDirectory(wal));
        Path stale = wal.resolve("000000020000000000000004");
        OperatingUser.current().own(Files.write(stale, new byte[1 << 20]));
        recover();

        assertThat(wal.resolve("00000002.history")).exists();
        try (PostgresServer server = carried()) {
            server.start();
            server.awaitRecoveryEnd(LIMIT);
            assertThat(ReplicatedCluster.rows(server)).isEqualTo("1,2,3,4,5,6,7,8");
            assertThat(server.query("SHOW restore_command")).doesNotContain("tidemark");
        }
    }

    @Test
    void aClusterThatIsMovedAsideKeepsItsWal() throws IOException {
        recover();
        byte[] sums = Files.readAllBytes(wal.resolve("SHA256SUMS"));

        Outcome outcome = host.run("recover", "--wal", "copy", "--move-aside", "--to", restored.toString());

        assertThat(outcome.status()).as(outcome.talk()).isEqualTo(ExitCode.RESTORE_REFUSED.status());
        assertThat(outcome.talk()).contains("has the WAL of the cluster that is moved aside");
        assertThat(wal.resolve("SHA256SUMS")).hasBinaryContent(sums);
    }

    @Test
    void aTargetIsReachedAndNotPassed() throws IOException {
        recover("--target-name", "half", "--target-action", "promote");

        try (PostgresServer server = carried()) {
            server.start();
            server.awaitRecoveryEnd(LIMIT);
            assertThat(half).isNotEmpty();
            assertThat(ReplicatedCluster.rows(server)).isEqualTo("1,2,3,4,5");
        }
    }

    /** The next commit is many segments later. */
    @Test
    void aTargetBeforeAQuietTimeIsReached() throws IOException {
        second.start();
        String moment = second.query("SELECT clock_timestamp()");
        for (int i = 0; i < 5; i++) {
            second.sql("SELECT pg_logical_emit_message(false, 'quiet', 'no transaction')", "SELECT pg_switch_wal()");
        }
        write(second, 9, 10);
        second.stopFast();

        recover("--target-time", moment, "--target-action", "promote");

        try (PostgresServer server = carried()) {
            server.start();
            server.awaitRecoveryEnd(LIMIT);
            assertThat(ReplicatedCluster.rows(server)).isEqualTo("1,2,3,4,5,6,7,8");
        }
    }

    @Test
    void recoveryStopsWhereACopyIsMissingOrDamaged() throws IOException {
        Random random = Rounds.random();
        recover();
        List<String> segments;
        try (Stream<Path> all = Files.list(wal)) {
            segments = all.map(each -> each.getFileName().toString())
                    .filter(each -> each.matches("[0-9A-F]{24}"))
                    .toList();
        }
        String any = segments.get(random.nextInt(segments.size()));
        for (String missing : List.of("SHA256SUMS", "fetch", "00000002.history", any)) {
            stops(missing, Files::delete);
        }
        stops(segments.get(random.nextInt(segments.size())), file -> {
            byte[] content = Files.readAllBytes(file);
            content[random.nextInt(content.length)] ^= 1;
            Files.write(file, content);
        });
    }

    private interface Fault {
        void in(Path file) throws IOException;
    }

    private void stops(String file, Fault fault) throws IOException {
        try (PostgresServer server = carried()) {
            fault.in(server.dataDirectory().resolveSibling(wal.getFileName()).resolve(file));

            server.launch();
            server.awaitDown(LIMIT);

            assertThat(server.log()).as(file).contains("FATAL").doesNotContain("ready to accept connections");
            assertThat(server.dataDirectory().resolve("recovery.signal"))
                    .as(file)
                    .exists();
        }
    }
}
