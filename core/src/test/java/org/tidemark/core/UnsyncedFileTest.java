// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UnsyncedFileTest {
    @TempDir
    private Path directory;

    @Test
    void aFileIsReplacedAndOnlyItsOwnerReadsIt() throws IOException {
        Path file = Files.writeString(directory.resolve("state"), "old, and longer");
        Files.setPosixFilePermissions(file, DurableFile.permissions(0644));

        UnsyncedFile.replace(file, new byte[] {'n', 'e', 'w'});

        assertThat(file).hasContent("new");
        assertThat(Files.getPosixFilePermissions(file)).isEqualTo(DurableFile.permissions(0600));
        assertThat(directory).isDirectoryNotContaining("glob:**.new-*");
    }

    @Test
    void whereItCannotBeReplacedNothingIsLeft() throws IOException {
        Path file = directory.resolve("state");
        Files.createDirectories(file.resolve("a directory"));

        assertThatIOException().isThrownBy(() -> UnsyncedFile.replace(file, new byte[1]));

        assertThat(file).isDirectory();
        assertThat(directory).isDirectoryNotContaining("glob:**.new-*");
    }

    @Test
    void missingDirectoriesAreMadeForTheOwnerAlone() throws IOException {
        Path file = directory.resolve("part/of/state");

        UnsyncedFile.replaceIfPossible(file, out -> out.writeInt(7));

        assertThat(file).hasBinaryContent(new byte[] {0, 0, 0, 7});
        assertThat(Files.getPosixFilePermissions(directory.resolve("part"))).isEqualTo(DurableFile.permissions(0700));
    }

    @Test
    void whatIsOnlyAHintMayBeImpossible() throws IOException {
        Path file = Files.writeString(directory.resolve("state"), "old");

        UnsyncedFile.replaceIfPossible(file, out -> {
            throw new IOException("no space left on device");
        });
        UnsyncedFile.replaceIfPossible(file.resolve("below"), out -> out.write(1));
        UnsyncedFile.removeIfPossible(file.resolve("below"));

        assertThat(file).hasContent("old");
        assertThat(directory).isDirectoryNotContaining("glob:**.new-*");
    }

    @Test
    void whatKilledProcessesHaveLeftIsRemovedAfterAnHour() throws IOException {
        Path old = Files.writeString(directory.resolve(".new-state.1"), "half");
        Path fresh = Files.writeString(directory.resolve(".new-state.2"), "half");
        Files.setLastModifiedTime(old, FileTime.from(Instant.now().minus(Duration.ofHours(2))));

        UnsyncedFile.replaceIfPossible(directory.resolve("state"), out -> out.write(1));

        assertThat(old).doesNotExist();
        assertThat(fresh).exists();
    }
}
