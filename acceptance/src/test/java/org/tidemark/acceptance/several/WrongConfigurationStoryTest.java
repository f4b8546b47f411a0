// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.several;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.PostgresWait;

/** Somebody makes a mistake in the configuration of a host whose server archives. */
@InTurn
class WrongConfigurationStoryTest {
    private static final Duration LIMIT = Duration.ofMinutes(3);

    @Test
    void archivingGoesOnUnlessTheMistakeIsInWhereWalGoes() throws IOException {
        PostgresBinaries binaries = PostgresBinaries.oldestAndNewest().getLast();
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer server = PostgresServer.of(binaries)
                        .initdb("--wal-segsize=1")
                        .archiving(host.archiveCommand())
                        .start()) {
            host.configure(configuration(host, server, ""));
            host.must("init");
            // A file that has just changed is not saved as right: it might change again within the same tick.
            Instant settled =
                    Files.getLastModifiedTime(host.config()).toInstant().plusSeconds(3);
            PostgresWait.until(
                    "the file has settled", LIMIT, server, () -> Instant.now().isAfter(settled));
            server.archiveCurrentSegment(LIMIT);

            Path conf = Files.createDirectories(host.directory().resolve("conf.d"));
            Files.writeString(conf.resolve("second.toml"), "[cluster.second]\nconninof = 'x'\n");
            server.archiveCurrentSegment(LIMIT);
            assertThat(server.log())
                    .contains(
                            "WARNING: the configuration has a problem",
                            "archiving of cluster 'main' goes on, since its own settings are valid");
            assertThat(host.run("check", "--cluster", "main").data()).contains("CRITICAL configuration    since ");
            Files.delete(conf.resolve("second.toml"));

            host.configure(configuration(host, server, "acknowledge = 'often'\n"));
            server.archiveCurrentSegment(LIMIT);
            Outcome check = host.run("check", "--cluster", "main");
            assertThat(check.data())
                    .as(check.talk())
                    .contains("archiving of cluster 'main' goes on with its last valid settings, of ");
            assertThat(host.run("list-backup").status()).isZero();
            assertThat(host.run("expire").status()).isEqualTo(2);

            host.configure(configuration(host, server, "repositories = ['elsewhere']\n"));
            server.sql("CREATE TABLE rows AS SELECT 1 AS n", "SELECT pg_switch_wal()");
            PostgresWait.until(
                    "archiving is refused", LIMIT, server, () -> server.log().contains("no repository 'elsewhere'"));
        }
    }

    private static String configuration(TidemarkHost host, PostgresServer server, String more) {
        return "[repository.r]\nurl = 'file://" + host.directory().resolve("repository")
                + "'\n[cluster.main]\nconninfo = '" + server.conninfo() + "'\ndata-directory = '"
                + server.dataDirectory() + "'\n" + more;
    }
}
