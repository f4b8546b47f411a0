// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.SortedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.PostgresServerBuilder;

/**
 * A restored server is promoted while archiving is off, as recover leaves it, so that PostgreSQL never hands over the
 * history of its timeline; then archiving is switched on.
 */
@ParameterizedClass
@MethodSource("org.tidemark.testkit.PostgresBinaries#oneOfThisRun")
@InTurn
final class UnannouncedTimelineTest {
    private static final Duration LIMIT = Duration.ofMinutes(3);

    @Parameter
    PostgresBinaries binaries = PostgresBinaries.embedded().getLast();

    @Test
    void whatItArchivesComesBackWhenItIsLostAsWell() throws IOException {
        try (TidemarkHost host = new TidemarkHost()) {
            SortedMap<String, String> rows;
            try (PostgresServer first = PostgresServer.of(binaries)
                    .initdb("--wal-segsize=1")
                    .archiving(host.archiveCommand())
                    .start()) {
                configure(host, first);
                host.must("init");
                first.sql("CREATE TABLE rows AS SELECT 1 AS life");
                host.must("backup");
                first.sql("INSERT INTO rows VALUES (2)");
                first.archiveCurrentSegment(LIMIT);
            }
            try (PostgresServer second = restored(host, "second").create()) {
                second.start();
                second.awaitRecoveryEnd(LIMIT);
                assertThat(second.query("SHOW archive_mode")).isEqualTo("off");
                second.sql(
                        "INSERT INTO rows VALUES (3)",
                        "ALTER SYSTEM RESET archive_mode",
                        "ALTER SYSTEM RESET archive_command");
                second.restart();
                second.sql("INSERT INTO rows VALUES (4)");

                assertThat(second.archiveCurrentSegment(LIMIT)).startsWith("00000002");

                rows = second.tableHashes();
            }
            try (PostgresServer third = restored(host, "third").create()) {
                third.start();
                third.awaitRecoveryEnd(LIMIT);

                assertThat(third.tableHashes()).as(third.log()).isEqualTo(rows);
            }
        }
    }

    private static void configure(TidemarkHost host, PostgresServer server) throws IOException {
        host.configure("[repository.r]\nurl = '"
                + host.directory().resolve("repository").toUri() + "'\n[cluster.main]\nconninfo = '" + server.conninfo()
                + "'\n");
    }

    private PostgresServerBuilder restored(TidemarkHost host, String name) {
        Path directory = host.directory().resolve(name);
        host.must("recover", "--to", directory.toString());
        return PostgresServer.of(binaries).from(directory).archiving(host.archiveCommand());
    }
}
