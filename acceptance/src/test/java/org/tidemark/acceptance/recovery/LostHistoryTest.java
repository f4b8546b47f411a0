// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
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
import org.tidemark.testkit.PostgresWait;

/** A primary on timeline 2 whose history is lost archives into a new repository. */
@ParameterizedClass
@MethodSource("org.tidemark.testkit.PostgresBinaries#oneOfThisRun")
@InTurn
final class LostHistoryTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final String HISTORY = "00000002.history";

    @Parameter
    PostgresBinaries binaries = PostgresBinaries.newestEmbedded();

    @Test
    void isMadeByACommandWhereNobodyHasItAndThenEverythingCanBeRestored() throws Exception {
        try (ReplicatedCluster cluster = new ReplicatedCluster(binaries);
                TidemarkHost host = new TidemarkHost()) {
            Path directory = host.directory().resolve("second");
            OperatingUser.current().own(host.directory());
            cluster.host().must("recover", "--to", directory.toString());
            try (PostgresServer server = PostgresServer.of(binaries)
                    .from(directory)
                    .archiving(host.archiveCommand())
                    .create()) {
                server.launch();
                server.awaitRecoveryEnd(LIMIT);
                server.sql(
                        "INSERT INTO t VALUES (2)",
                        "ALTER SYSTEM RESET archive_mode",
                        "ALTER SYSTEM RESET archive_command",
                        "CHECKPOINT");
                Path history = server.dataDirectory().resolve("pg_wal").resolve(HISTORY);
                host.configure(server.conninfo(), server.dataDirectory());
                host.must("init");
                Outcome there = host.run("wal-resolve", HISTORY, "--lost", "--confirm");
                assertThat(there.status()).isEqualTo(ExitCode.WAL_REFUSED.status());
                assertThat(there.talk()).contains("is not made: '" + history + "' is there", "tidemark wal-push");
                Path kept = Files.move(history, host.directory().resolve(HISTORY));
                server.restart();
                server.sql("INSERT INTO t VALUES (3)", "SELECT pg_switch_wal()");
                PostgresWait.until(
                        "archiving fails",
                        LIMIT,
                        server,
                        () -> server.log().matches("(?s).*tidemark wal-resolve [^\n]*" + HISTORY + " --lost.*"));

                assertThat(host.run("check").data())
                        .contains("CRITICAL", "no WAL of timeline 2 can be archived in 'local': '" + HISTORY);
                Outcome plan = host.must("wal-resolve", HISTORY, "--lost");
                assertThat(plan.data()).contains("'" + history + "' would be made");
                assertThat(history).doesNotExist();
                host.must("wal-push", kept.toString(), "--cluster", "main");
                Outcome held = host.run("wal-resolve", HISTORY, "--lost", "--confirm");
                assertThat(held.status()).isEqualTo(ExitCode.WAL_REFUSED.status());
                assertThat(held.talk()).contains("'local' holds it", "tidemark wal-fetch ", history.toString());
                remove(host, HISTORY);

                host.must("wal-resolve", HISTORY, "--lost", "--confirm");

                host.must("backup");
                server.sql("INSERT INTO t VALUES (4)");
                assertThat(server.archiveCurrentSegment(LIMIT)).startsWith("00000002");
                assertThat(host.run("check").data()).doesNotContain("CRITICAL");
                Path restored = host.directory().resolve("restored");
                host.must("recover", "--to", restored.toString());
                try (PostgresServer again =
                        PostgresServer.of(binaries).from(restored).create()) {
                    again.launch();
                    again.awaitRecoveryEnd(LIMIT);

                    assertThat(ReplicatedCluster.rows(again)).isEqualTo("1,2,3,4");
                    assertThat(again.query("SELECT pg_walfile_name(pg_current_wal_lsn())"))
                            .startsWith("00000003");
                    again.restart();
                    assertThat(ReplicatedCluster.rows(again)).isEqualTo("1,2,3,4");
                }
            }
        }
    }

    private static void remove(TidemarkHost host, String name) throws Exception {
        try (var files = Files.walk(host.directory().resolve("repository"))) {
            Files.delete(files.filter(file -> file.endsWith(name)).findFirst().orElseThrow());
        }
    }
}
