// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.several;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.PostgresWait;

/** A copy of the data directory is started on the same host, with the archive_command that it was copied with. */
@InTurn
class ClonedServerTest {
    private static final Duration LIMIT = Duration.ofMinutes(3);

    @Test
    void aCloneDoesNotArchiveInThePlaceOfItsOriginal() throws IOException {
        PostgresBinaries binaries = PostgresBinaries.oldestAndNewest().getLast();
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer original = PostgresServer.of(binaries)
                        .initdb("--wal-segsize=1")
                        .archiving(host.archiveCommand())
                        .start()) {
            // By another name of the same directory.
            Path link = Files.createSymbolicLink(host.directory().resolve("data"), original.dataDirectory());
            configure(host, original, link);
            host.must("init");
            original.sql("CREATE TABLE rows AS SELECT 1 AS n");
            original.archiveCurrentSegment(LIMIT);
            original.stopFast();
            try (PostgresServer clone =
                    PostgresServer.of(binaries).from(original.dataDirectory()).create()) {
                original.start();
                clone.start();
                clone.sql("INSERT INTO rows VALUES (2)", "SELECT pg_switch_wal()");
                PostgresWait.until(
                        "the clone is refused",
                        LIMIT,
                        clone,
                        () -> clone.log().contains("is not the data directory of this cluster")
                                && clone.log().contains("HINT: "));
                assertThat(clone.log()).contains("Is this a copy?", "data-directory");
                assertThat(host.run("check", "-v").data())
                        .contains("another primary: the server in '" + clone.dataDirectory() + "'");
                original.archiveCurrentSegment(LIMIT);
            }
        }
    }

    /** The clone was configured as the cluster for a while, and archived the next segment first. */
    @Test
    void checkTellsThatAnotherServerStoredWhatThisOneCannotArchive() throws IOException {
        PostgresBinaries binaries = PostgresBinaries.oldestAndNewest().getLast();
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer original = PostgresServer.of(binaries)
                        .initdb("--wal-segsize=1")
                        .archiving(host.archiveCommand())
                        .start()) {
            configure(host, original, original.dataDirectory());
            host.must("init");
            original.sql("CREATE TABLE rows AS SELECT 1 AS n");
            original.archiveCurrentSegment(LIMIT);
            original.stopFast();
            try (PostgresServer clone =
                    PostgresServer.of(binaries).from(original.dataDirectory()).create()) {
                configure(host, clone, clone.dataDirectory());
                clone.start();
                clone.sql("INSERT INTO rows VALUES (2)");
                String segment = clone.archiveCurrentSegment(LIMIT);
                configure(host, original, original.dataDirectory());
                original.start();
                original.sql("INSERT INTO rows VALUES (3)", "SELECT pg_switch_wal()");
                PostgresWait.until(
                        "the original is refused",
                        LIMIT,
                        original,
                        () -> original.log().contains("is already archived for cluster 'main'"));

                assertThat(host.run("check").data())
                        .contains("'r' holds different content under '" + segment + "'", "docs/repair/conflict.md");
            }
        }
    }

    private static void configure(TidemarkHost host, PostgresServer server, Path dataDirectory) throws IOException {
        host.configure("[repository.r]\nurl = '"
                + host.directory().resolve("repository").toUri()
                + "'\n[cluster.main]\nconninfo = '" + server.conninfo() + "'\ndata-directory = '" + dataDirectory
                + "'\n");
    }
}
