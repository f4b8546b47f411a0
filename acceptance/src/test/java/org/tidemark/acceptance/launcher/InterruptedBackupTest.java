// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.config.Environment;
import org.tidemark.operations.backups.WaitingBackups;
import org.tidemark.operations.backups.WaitingBackups.Outcome;
import org.tidemark.session.Session;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

/** What an operator stops, or a machine kills, while it runs: a real backup, slowed down so that there is time. */
@InTurn
class InterruptedBackupTest {
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final String BACKUPS_UNDER_WAY =
            "SELECT count(*) FROM pg_stat_replication WHERE application_name LIKE 'tidemark%' OR state = 'backup'";

    @ParameterizedTest
    @ValueSource(strings = {"INT", "TERM"})
    void aBackupThatIsStoppedLeavesNoBackupAndNothingRunning(String signal) throws Exception {
        try (TidemarkHost host = TidemarkHost.ofProcesses();
                PostgresServer server = archivingTo(host)) {
            TidemarkHost.Running backup = underWay(host, server);
            backup.signal(signal);
            TidemarkHost.Outcome outcome = backup.await();

            assertThat(outcome.status()).as(outcome.talk()).isEqualTo(75);
            assertThat(outcome.talk()).contains("interrupted");
            requireNothingLeft(host, server);
        }
    }

    @Test
    void aBackupThatIsKilledLeavesNoBackupAndTheNextOneSucceeds() throws Exception {
        try (TidemarkHost host = TidemarkHost.ofProcesses();
                PostgresServer server = archivingTo(host)) {
            TidemarkHost.Running backup = underWay(host, server);
            backup.signal("KILL");

            assertThat(backup.await().status()).isEqualTo(137);
            requireNothingLeft(host, server);
            host.configure(configuration(host, server, ""));
            String id = host.must("backup").data().strip();
            assertThat(host.must("list-backup").data()).contains(id);
            host.must("verify", "--all");
        }
    }

    /** Nothing of the process is left: what it had stored is enough for another host. */
    @Test
    void aBackupThatIsKilledWhileItWaitsForItsWalIsCompletedByAnotherProcess() throws Exception {
        try (TidemarkHost host = TidemarkHost.ofProcesses();
                PostgresServer server = archivingTo(host)) {
            host.configure(configuration(host, server, ""));
            server.sql("CREATE TABLE t AS SELECT i FROM generate_series(1, 1000) i");
            server.archiveCurrentSegment(LIMIT);
            Path open = refuseWalAfterTheCurrentSegment(host, server);
            TidemarkHost.Running backup = host.start("backup");
            Awaitility.await("the backup waits for its WAL")
                    .atMost(LIMIT)
                    .until(() -> !backup.isRunning() || isWaiting(host));
            backup.signal("KILL");
            assertThat(backup.await().status()).isEqualTo(137);
            assertThat(complete(host)).singleElement().isInstanceOf(Outcome.StillWaiting.class);

            Files.createFile(open);
            SortedMap<String, String> rows = server.tableHashes();
            server.archiveCurrentSegment(LIMIT);
            List<Outcome> outcomes = complete(host);

            assertThat(outcomes).singleElement().isInstanceOf(Outcome.Completed.class);
            assertThat(complete(host)).isEmpty();
            host.must("verify", "--all");
            Path restored = host.directory().resolve("restored");
            host.must("recover", "--to", restored.toString(), "--target-action", "promote");
            try (PostgresServer copy =
                    PostgresServer.of(server.binaries()).from(restored).start()) {
                copy.awaitRecoveryEnd(LIMIT);
                assertThat(copy.tableHashes()).isEqualTo(rows);
            }
        }
    }

    /** Returns the file whose existence ends this. */
    private static Path refuseWalAfterTheCurrentSegment(TidemarkHost host, PostgresServer server) {
        Path open = host.directory().resolve("open");
        String current = server.query("SELECT pg_walfile_name(pg_current_wal_insert_lsn())");
        server.sql(
                "ALTER SYSTEM SET archive_command = '{ test -e " + open + " || test ! %f \\> " + current + "; } && "
                        + host.archiveCommand() + "'",
                "SELECT pg_reload_conf()");
        return open;
    }

    private static boolean isWaiting(TidemarkHost host) throws IOException {
        try (Stream<Path> files = Files.walk(host.directory().resolve("repository"))) {
            return files.anyMatch(file -> file.endsWith("waiting.json"));
        }
    }

    private static List<Outcome> complete(TidemarkHost host) throws IOException {
        Path root = Path.of("/");
        try (Session session = Session.open(
                new Environment(Map.of(), host.directory(), host.directory(), root),
                Clock.systemUTC(),
                new Session.Choice(Optional.of(host.config()), List.of(), Optional.empty(), List.of(), List.of()),
                new PrintStream(PrintStream.nullOutputStream()))) {
            List<Outcome> outcomes = WaitingBackups.of(session, Instant.now()).completeAll();
            OperatingUser.current().own(host.directory());
            return outcomes;
        }
    }

    private static PostgresServer archivingTo(TidemarkHost host) throws Exception {
        PostgresServer server = PostgresServer.of(
                        PostgresBinaries.oldestAndNewest().getLast())
                .initdb("--wal-segsize=1")
                .archiving(host.archiveCommand())
                .start();
        host.configure(configuration(host, server, "bandwidth-limit = '200KiB'\n"));
        host.must("init");
        return server;
    }

    private static String configuration(TidemarkHost host, PostgresServer server, String options) {
        return "[repository.local]\nurl = 'file://" + host.directory().resolve("repository") + "'\n" + options
                + "[cluster.main]\nconninfo = '" + server.conninfo() + "'\ndata-directory = '" + server.dataDirectory()
                + "'\n";
    }

    private static TidemarkHost.Running underWay(TidemarkHost host, PostgresServer server) {
        TidemarkHost.Running backup = host.start("backup");
        Awaitility.await("a backup is under way")
                .atMost(LIMIT)
                .until(() ->
                        !backup.isRunning() || !server.query(BACKUPS_UNDER_WAY).equals("0"));
        assertThat(backup.isRunning()).isTrue();
        return backup;
    }

    private static void requireNothingLeft(TidemarkHost host, PostgresServer server) {
        Awaitility.await("PostgreSQL ends its part")
                .atMost(LIMIT)
                .until(() -> server.query(BACKUPS_UNDER_WAY).equals("0"));
        // Objects that it had stored already are no backup, and this host knows that nobody works on them.
        assertThat(host.must("list-backup", "--output", "json").data())
                .contains("\"backups\"")
                .doesNotContainPattern("\"state\" *: *\"(?!interrupted\")");
    }
}
