// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.core.ExitCode;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.TemporaryTree;

/** A repository in the directories of a cluster is lost with it. */
final class RepositoryInDataDirectoryTest {
    private final TidemarkHost host = new TidemarkHost();
    private final PostgresServer server = host.newServer();
    private final Path inside = server.dataDirectory().resolve("backup");

    @BeforeEach
    void start() {
        server.start();
    }

    @AfterEach
    void close() {
        server.close();
        host.close();
    }

    private void configure(Path repository) throws IOException {
        host.configure("[repository.local]\nurl = '" + repository.toUri() + "'\n[cluster.main]\nconninfo = '"
                + server.conninfo() + "'\ndata-directory = '" + server.dataDirectory() + "'\n");
    }

    @Test
    void initRefusesIt() throws IOException {
        Path place = Files.createDirectory(host.directory().resolve("fast"));
        OperatingUser.current().own(place);
        server.sql("CREATE TABLESPACE fast LOCATION '" + place + "'");
        Path link = Files.createSymbolicLink(host.directory().resolve("link"), server.dataDirectory());

        for (Path each : new Path[] {inside, place.resolve("backup"), link.resolve("some/backup")}) {
            configure(each);
            for (String[] line : new String[][] {{"init"}, {"init", "--dry-run"}}) {
                Outcome outcome = host.run(line);

                assertThat(outcome.status()).as(outcome.talk()).isEqualTo(ExitCode.USAGE.status());
                assertThat(outcome.talk()).contains("repository 'local'", "would be in ", " of cluster 'main'");
            }
            assertThat(each).doesNotExist();
        }
    }

    /** As an earlier program allowed it. */
    @Test
    void checkNamesItAndBackupsDoNotContainIt() throws IOException {
        configure(host.directory().resolve("repository"));
        host.must("init");
        TemporaryTree.copy(host.directory().resolve("repository"), inside);
        configure(inside);

        Outcome check = host.run("check");
        Outcome backup = host.must("backup", "--method", "local");

        assertThat(check.data()).contains("it is in the data directory of cluster 'main'");
        assertThat(check.status()).isEqualTo(ExitCode.NO.status());
        assertThat(backup.talk()).contains("'backup' in the data directory is a repository");
        assertThat(host.must("list-files", "latest").data())
                .contains("PG_VERSION")
                .doesNotContain("backup/");
        assertThat(host.must("backup", "--method", "stream").talk())
                .contains("'backup' in the data directory is a repository; PostgreSQL sends it");
    }
}
