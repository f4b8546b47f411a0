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
}
