// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Running;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.PostgresWait;

/** A server whose archive_command archives nothing: {@code check} is content only while a receiver really archives. */
@InTurn
class CheckedReceiverTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    @SuppressWarnings("NullAway.Init")
    private CheckedCluster cluster;

    @SuppressWarnings("NullAway.Init")
    private PostgresServer server;

    @AfterEach
    void close() {
        cluster.close();
    }

    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#oneOfThisRun")
    void onlyAReceiverWhoseWalArrivesIsEnough(PostgresBinaries binaries) throws Exception {
        cluster = new CheckedCluster(binaries, "local");
        server = cluster.server();
        cluster.archive();
        cluster.archiveBy("/bin/true");
        PostgresWait.until(
                "the setting is in effect",
                LIMIT,
                server,
                () -> server.query("SHOW archive_command").equals("/bin/true"));

        assertThat(cluster.findings("archiving"))
                .as("without a receiver")
                .singleElement()
                .asString()
                .startsWith(
                        "CRITICAL archive_command does not call tidemark wal-push, and no wal-receive is connected");
        assertThat(cluster.findings("receiver")).isEmpty();

        Running receiver = receive(cluster.host(), "--slot", "receiver");
        cluster.host().must("backup", "--method", "stream");
        completeSegment();
        assertThat(cluster.findings("archiving"))
                .containsExactly("OK the WAL is archived by wal-receive, which is connected as 'tidemark' and uses slot"
                        + " 'receiver'");
        assertThat(cluster.findings("receiver")).singleElement().asString().startsWith("OK 'local' has every segment");
        assertThat(cluster.host().must("check", "--switch-wal").data()).contains("main · protected");

        receiver.kill();
        awaitNoSender();
        assertThat(cluster.findings("archiving"))
                .as("the receiver has died")
                .singleElement()
                .asString()
                .startsWith("CRITICAL");

        try (TidemarkHost elsewhere = new TidemarkHost()) {
            configure(elsewhere);
            elsewhere.must("init");
            Running wrong = receive(elsewhere, "--slot", "receiver");
            completeSegment();
            grow(cluster.directory("local"));
            assertThat(cluster.findings("receiver"))
                    .as("a receiver that archives elsewhere")
                    .singleElement()
                    .asString()
                    .startsWith("CRITICAL 'local' does not have ")
                    .contains("although wal-receive, which is connected as 'tidemark'");
            wrong.kill();
        }
        awaitNoSender();
        server.sql("SELECT pg_drop_replication_slot('receiver')");
        cluster.host().must("wal-receive", "--slot", "receiver", "--create-slot");

        Running named = receive(cluster.host(), "--slot", "receiver", "--synchronous-standby-name", "second copy");
        completeSegment();
        assertThat(cluster.findings("receiver")).singleElement().asString().startsWith("OK 'local' has every segment");
        assertThat(cluster.findings("archiving")).singleElement().asString().contains("connected as 'second copy'");
        named.kill();
    }

    private Running receive(TidemarkHost host, String... options) {
        host.must("wal-receive", "--slot", "receiver", "--create-slot", "--if-not-exists");
        String[] arguments = new String[options.length + 3];
        arguments[0] = "wal-receive";
        arguments[1] = "--status-interval";
        arguments[2] = "1s";
        System.arraycopy(options, 0, arguments, 3, options.length);
        Running running = host.start(arguments);
        PostgresWait.until("it receives", LIMIT, server, () -> {
            if (!running.isRunning()) {
                throw new AssertionError(running.await().talk());
            }
            // It also streams, and stops again, to compare what it received before.
            return running.talk().contains("receiving WAL from")
                    && server.query("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'")
                            .equals("1");
        });
        return running;
    }

    private void completeSegment() {
        server.sql("SELECT txid_current()", "SELECT pg_switch_wal()");
    }

    private void awaitNoSender() {
        PostgresWait.until(
                "the server misses the receiver",
                LIMIT,
                server,
                () -> server.query("SELECT count(*) FROM pg_stat_replication").equals("0"));
    }

    private void configure(TidemarkHost host) throws IOException {
        Path repository = Files.createDirectory(host.directory().resolve("repository"));
        host.configure("[repository.other]\nurl = '" + repository.toUri() + "'\n[cluster.main]\nconninfo = '"
                + server.conninfo() + "'\nrepositories = ['other']\n");
    }

    /** Makes what is in a repository ten minutes old. */
    private static void grow(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.toList()) {
                Files.setLastModifiedTime(file, FileTime.from(Instant.now().minus(Duration.ofMinutes(10))));
            }
        }
    }
}
