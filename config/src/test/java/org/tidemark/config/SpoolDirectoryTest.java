// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SpoolDirectoryTest {
    @TempDir
    private Path root;

    private Path data;

    @BeforeEach
    void makeDataDirectory() throws IOException {
        data = Files.createDirectories(root.resolve("srv/data"));
    }

    private Path find() {
        return SpoolDirectory.defaultDirectory(Optional.of(data), new Environment(Map.of(), root, data, root));
    }

    private Path system() {
        return root.resolve("var/spool/tidemark");
    }

    private Path beside() {
        return root.resolve("srv/data.tidemark");
    }

    @Test
    void theOneOfTheHostIsTakenWhereItCanBeWritten() throws IOException {
        assertThat(find()).isEqualTo(beside());
        Files.createDirectories(system());
        assertThat(find()).isEqualTo(system());
    }

    /** Otherwise the queue of a lagging repository would never be delivered, without any message. */
    @Test
    void whereSomethingIsKeptStaysTheSpoolWhateverElseCouldBeOneNow() throws IOException {
        Files.createDirectories(beside().resolve("v1/pending"));
        Files.createDirectories(system());

        assertThat(find()).isEqualTo(beside());
    }

    @Test
    void aQueueBelowTheHomeOfTheUserIsNotForgottenWhenAnotherPlaceAppears() throws IOException {
        Path ofUser = Files.createDirectories(data.resolve(".local/state/tidemark"));
        Files.createDirectories(ofUser.resolve("v1/pending"));
        Files.createDirectories(system());

        assertThat(find()).isEqualTo(ofUser);
    }

    /** Received WAL was reported as flushed; dropped WAL is known to nobody else. */
    @ParameterizedTest
    @ValueSource(strings = {"receive", "given-up"})
    void whatElseOnlyTheSpoolHoldsKeepsItWhereItIs(String kept) throws IOException {
        Files.createDirectories(beside().resolve("v1").resolve(kept));
        Files.createDirectories(system());

        assertThat(find()).isEqualTo(beside());

        Files.createDirectories(system().resolve("v1/pending"));
        assertThat(find()).as("a queue comes first").isEqualTo(system());
    }

    /** PostgreSQL runs wal-push in the directory itself; what check and sync know is how the configuration names it. */
    @Test
    void aSymbolicLinkLeadsToTheSpoolOfTheDirectoryItself() throws IOException {
        Path link = Files.createSymbolicLink(
                Files.createDirectories(root.resolve("etc")).resolve("link"), data);
        Environment environment = new Environment(Map.of(), root, data, root);

        assertThat(SpoolDirectory.defaultDirectory(Optional.of(link), environment))
                .isEqualTo(beside());
        assertThat(SpoolDirectory.archived(beside(), Optional.of(link), environment))
                .isEqualTo(SpoolDirectory.archived(beside(), Optional.of(data), environment));

        Path before = root.resolve("etc/link.tidemark");
        Files.createDirectories(before.resolve("v1/pending"));
        assertThat(SpoolDirectory.defaultDirectory(Optional.of(link), environment))
                .as("a queue that is there stays")
                .isEqualTo(before);
    }

    @Test
    void whatTheLauncherReadsIsWhereItSaysThatItLooks() throws IOException {
        Path spool = root.resolve("elsewhere");
        Path ofItsHome = Files.createDirectories(root.resolve("home")).resolve(".local/state/tidemark");
        Environment environment = new Environment(
                Map.of(
                        "TIDEMARK_LOOKED_AT",
                        String.join("\n", "/nowhere/at/all", beside().toString(), ofItsHome.toString())),
                root,
                data,
                root);

        assertThat(SpoolDirectory.knownToLauncher(spool, Optional.of(data), environment))
                .isEqualTo(ofItsHome);
        Files.createDirectories(beside());
        assertThat(SpoolDirectory.knownToLauncher(spool, Optional.of(data), environment))
                .isEqualTo(beside());
        assertThat(SpoolDirectory.knownToLauncher(ofItsHome, Optional.of(data), environment))
                .isEqualTo(ofItsHome);
    }
}
