// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
}
