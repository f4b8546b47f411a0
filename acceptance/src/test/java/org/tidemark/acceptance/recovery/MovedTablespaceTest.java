// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.testkit.HostSnapshot;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

/** A restore in place of a cluster that has got a tablespace since the backup: PostgreSQL's replay creates it again. */
@InTurn
final class MovedTablespaceTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private final PostgresBinaries binaries = PostgresBinaries.oneOfThisRun().getFirst();
    private final TidemarkHost host = new TidemarkHost();
    private final PostgresServer original = PostgresServer.of(binaries)
            .initdb("--wal-segsize=1")
            .archiving(host.archiveCommand())
            .create();
    private final Path data = original.dataDirectory();

    @BeforeEach
    void backUp() throws IOException {
        original.start();
        host.configure(original.conninfo(), data);
        host.must("init");
        host.must("backup");
    }

    @AfterEach
    void close() {
        original.close();
        host.close();
    }

    @Test
    void theReplayFindsAnEmptyDirectoryAndTheWayBackLeadsToAllRows() throws IOException {
        Path fast = Files.createDirectory(host.directory().resolve("fast"));
        OperatingUser.current().own(fast);
        original.sql("CREATE TABLESPACE fast LOCATION '" + fast + "'");
        original.sql("CREATE TABLE u TABLESPACE fast AS SELECT generate_series(1, 1000) AS n");
        original.archiveCurrentSegment(LIMIT);
        original.sql("ALTER SYSTEM SET archive_command = '/bin/true'");
        original.restart();
        original.sql("UPDATE u SET n = -n");
        original.stopFast();

        Outcome outcome = host.must("recover", "--to", data.toString(), "--move-aside");

        assertThat(outcome.talk()).contains("'" + fast + "' is renamed to '" + fast + ".aside'");
        assertThat(fast).isEmptyDirectory();
        HostSnapshot aside =
                HostSnapshot.of(List.of(Path.of(data + ".aside"), Path.of(fast + ".aside")), List.of(fast.toString()));
        try (PostgresServer restored = PostgresServer.of(binaries).from(data).start()) {
            restored.awaitRecoveryEnd(LIMIT);
            assertThat(restored.query("SELECT sum(n) FROM u")).isEqualTo("500500");
            restored.sql("INSERT INTO u SELECT generate_series(1, 100000)", "CHECKPOINT");
        }
        aside.mustBeUnchanged("the restored server");
        for (String line : outcome.talk().lines().map(String::strip).toList()) {
            if (line.startsWith("mv -T ")) {
                OwnersShell.shell(line);
            }
        }
        original.start();
        assertThat(original.query("SELECT sum(n) FROM u")).isEqualTo("-500500");
    }

    /** The host is lost. While WAL is fetched, the files of the first tablespace are in the place of the second. */
    @ParameterizedTest
    @ValueSource(strings = {"archive", "copy"})
    void aTablespaceInThePlaceOfADroppedOneIsReplayed(String wal) throws IOException {
        Path fast = Files.createDirectory(host.directory().resolve("fast"));
        OperatingUser.current().own(fast);
        original.sql("CREATE TABLESPACE one LOCATION '" + fast + "'");
        original.sql("CREATE TABLE t TABLESPACE one AS SELECT generate_series(1, 1000) AS n");
        host.must("backup");
        original.sql("DROP TABLE t");
        original.sql("DROP TABLESPACE one");
        original.sql("CREATE TABLESPACE two LOCATION '" + fast + "'");
        original.sql("CREATE TABLE u TABLESPACE two AS SELECT generate_series(1, 77) AS n");
        original.archiveCurrentSegment(LIMIT);
        original.stopFast();
        Files.move(data, host.directory().resolve("lost"));
        Files.move(fast, host.directory().resolve("lost-fast"));

        Outcome planned = host.must("recover", "--to", data.toString(), "--wal", wal);

        original.launch();
        original.awaitRecoveryEnd(LIMIT);
        assertThat(original.query("SELECT sum(n) FROM u")).as(planned.talk()).isEqualTo("3003");
    }
}
