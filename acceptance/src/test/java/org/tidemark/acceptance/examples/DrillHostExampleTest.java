// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

/** {@code examples/drill-host}: a host without a cluster proves what another one has archived. */
@InTurn
final class DrillHostExampleTest {
    private static final Duration LIMIT = Duration.ofMinutes(3);

    @Test
    void aHostThatKnowsOnlyTheRepositoryHoldsDrills() throws IOException {
        PostgresBinaries binaries = PostgresBinaries.newestEmbedded();
        try (TidemarkHost database = new TidemarkHost();
                TidemarkHost drills = new TidemarkHost()) {
            archive(binaries, database);
            drills.findsProgramsIn(binaries.programs());
            Path scratch = Files.createDirectory(drills.directory().resolve("drill"));
            OperatingUser.current().own(scratch);
            Path key = drills.directory().resolve("drill.key");
            Map<String, String> places = Map.of(
                    "sftp://drill@backup1/tidemark",
                    database.directory().resolve("repository").toUri().toString(),
                    "/srv/drill",
                    scratch.toString(),
                    "/etc/tidemark/drill.key",
                    key.toString(),
                    "0 5 * * 6",
                    "* * * * *");
            for (String line : commands(Files.readString(ExampleFile.path("drill-host/README.md")))) {
                Outcome outcome = drills.start(
                                ExampleFile.replaced(line, places).split(" ", -1))
                        .await();
                assertThat(outcome.status())
                        .as(line + ": " + outcome.talk() + outcome.data())
                        .isZero();
                if (line.startsWith("keys ")) {
                    drills.configure(ExampleFile.text("drill-host/tidemark.toml", places));
                }
            }
            Outcome proof = drills.must("proof");
            assertThat(proof.data())
                    .startsWith("main · PROVEN to ")
                    .contains("numbers 1 to 1, no gap, none changed, 1 of 1 signed by a key that this host knows");
            assertThat(scratch).isEmptyDirectory();

            List<String> cron = commands(Files.readString(ExampleFile.path("drill-host/tidemark.cron")));
            assertThat(cron).hasSize(2);
            await().atMost(LIMIT).pollInterval(Duration.ofSeconds(5)).until(() -> {
                Outcome outcome = drills.start(cron.getFirst().split(" ", -1)).await();
                assertThat(outcome.talk()).isEmpty();
                assertThat(outcome.status()).isZero();
                return drills.must("proof").data().contains("numbers 1 to 2, no gap, none changed");
            });
            Outcome told = drills.must(cron.getLast().split(" ", -1));
            assertThat(told.data() + told.talk()).isEmpty();
        }
    }

    private static void archive(PostgresBinaries binaries, TidemarkHost host) throws IOException {
        try (PostgresServer server = PostgresServer.of(binaries)
                .initdb("--wal-segsize=1")
                .archiving(host.archiveCommand())
                .start()) {
            host.configure(server.conninfo(), server.dataDirectory());
            host.must("init");
            host.must("backup");
            for (int n = 0; n < 5; n++) {
                server.sql("CREATE TABLE t" + n + " AS SELECT 1 AS n");
            }
            server.archiveCurrentSegment(LIMIT);
        }
    }

    /** The words after the program, of each line that calls it. */
    private static List<String> commands(String text) {
        return text.lines()
                .filter(line -> line.startsWith("tidemark ") || line.contains("/usr/bin/tidemark "))
                .map(line -> line.substring(line.indexOf("tidemark ") + "tidemark ".length()))
                .toList();
    }
}
