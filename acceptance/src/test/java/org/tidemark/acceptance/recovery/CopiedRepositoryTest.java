// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

/** Copies of a repository whose objects have other times, after a failover with an old primary that archived on. */
@InTurn
final class CopiedRepositoryTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final String ASKS = "cannot tell which of them is right";

    private ReplicatedCluster cluster;
    private TidemarkHost host;
    private PostgresServer promoted;

    @BeforeEach
    void failover() throws IOException {
        cluster = new ReplicatedCluster(PostgresBinaries.embedded().getLast());
        host = cluster.host();
        PostgresServer old = cluster.primary();
        promoted = cluster.standby("db2");
        promoted.sql(
                "ALTER SYSTEM SET archive_mode = on",
                "ALTER SYSTEM SET archive_command = '" + host.archiveCommand().replace("'", "''") + "'");
        promoted.restart();
        promoted.promote();
        for (int row = 2; row <= 4; row++) {
            old.sql("INSERT INTO t VALUES (" + row + ")");
            old.archiveCurrentSegment(LIMIT);
        }
        old.stopFast();
        promoted.sql("INSERT INTO t VALUES (10)");
        promoted.archiveCurrentSegment(LIMIT);
        use("repository");
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    private void use(String directory) throws IOException {
        Path place = host.directory().resolve(directory);
        host.configure("[repository." + directory + "]\nurl = '" + place.toUri() + "'\n[cluster.main]\nconninfo = '"
                + promoted.conninfo() + "'\ndata-directory = '" + promoted.dataDirectory() + "'\n");
    }

    private void copy(String name, String time) throws IOException {
        OwnersShell.shell("cp -r " + host.directory().resolve("repository") + " "
                + host.directory().resolve(name) + " && find "
                + host.directory().resolve(name) + " -type f -exec touch -d '" + time + "' {} +");
        use(name);
    }

    private String answers() {
        return host.run("recover", "--dry-run", "--to", "/nowhere/x").data()
                + host.run("check").data()
                + host.run("list-backup").data();
    }

    @Test
    void theyGiveTheAnswerOfTheOriginal() throws IOException {
        assertThat(answers()).contains(ASKS);
        copy("past", "1970-01-01 00:00:01");
        assertThat(answers()).contains(ASKS);
        use("repository");
        host.must("backup");
        assertThat(answers()).doesNotContain(ASKS);

        copy("now", "now");
        assertThat(answers()).doesNotContain(ASKS).contains("timeline 2");
        copy("later", "2038-01-01");
        assertThat(answers()).doesNotContain(ASKS).contains("timeline 2");
    }
}
