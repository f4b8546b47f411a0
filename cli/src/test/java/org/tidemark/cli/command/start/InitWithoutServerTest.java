// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.start;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tidemark.cli.ProgramRun;
import org.tidemark.cli.command.TwoRepositories;
import org.tidemark.testkit.TemporaryTree;

/** A further repository is wanted in particular while the server is down: then the others say which cluster it is. */
class InitWithoutServerTest extends TwoRepositories {
    private static final String SYSTEM = "7312089945514410";

    @BeforeEach
    void oneRepositoryAndNoServer() throws IOException {
        unpackGolden();
        TemporaryTree.delete(root.resolve("offsite"));
        // Below the directory of the test nobody listens.
        Path file = root.resolve("tidemark.toml");
        Files.writeString(file, Files.readString(file) + "conninfo = 'host=" + root + " connect_timeout=2'\n");
        URI fresh = root.resolve("third").toUri();
        Files.writeString(
                file,
                Files.readString(file).replace(root.resolve("offsite").toUri().toString(), fresh.toString()));
    }

    @Test
    void aFurtherRepositoryIsMadeForTheClusterThatTheOthersKnow() {
        ProgramRun run = must("init", "--repository", "offsite");

        assertThat(run.talk())
                .contains("the cluster is taken to be the one that 'local' knows, with system identifier " + SYSTEM)
                .contains("repository 'offsite': created, cluster registered")
                .contains("next: tidemark");
        must("sync", "local", "offsite", "--quick");
        assertThat(must("list-backup", "--repository", "offsite").data()).contains(LATEST);
    }

    @Test
    void withoutAServerNothingIsTakenToBeANewIncarnation() {
        assertThat(run("init", "--new-incarnation").status()).isEqualTo(40);
        assertThat(root.resolve("third")).doesNotExist();
    }

    @Test
    void aClusterThatNoRepositoryKnowsNeedsItsServer() throws IOException {
        TemporaryTree.delete(root.resolve("local").resolve("main"));

        assertThat(run("init").status()).isEqualTo(40);
        assertThat(root.resolve("third")).doesNotExist();
    }
}
