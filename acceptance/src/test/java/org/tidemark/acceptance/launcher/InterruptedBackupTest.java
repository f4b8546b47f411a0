// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

/** What an operator stops, or a machine kills, while it runs: a real backup, slowed down so that there is time. */
class InterruptedBackupTest {
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final String BACKUPS_UNDER_WAY =
            "SELECT count(*) FROM pg_stat_replication WHERE application_name LIKE 'tidemark%' OR state = 'backup'";

    @ParameterizedTest
    @ValueSource(strings = {"INT", "TERM"})
    void aBackupThatIsStoppedLeavesNoBackupAndNothingRunning(String signal) throws Exception {
        try (TidemarkHost host = new TidemarkHost();
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
        try (TidemarkHost host = new TidemarkHost();
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
        assertThat(host.must("list-backup", "--output", "json").data()).containsPattern("\"backups\" *: *\\[ *]");
    }
}
