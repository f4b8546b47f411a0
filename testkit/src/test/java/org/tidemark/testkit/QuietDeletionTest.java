// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuietDeletionTest {
    @TempDir
    private Path directory;

    @Test
    void linksGoAndNothingBehindThem() throws IOException {
        Path data = Files.createDirectories(directory.resolve("data/pg_tblspc"));
        Path place = Files.createDirectory(directory.resolve("place"));
        Path file = Files.createFile(place.resolve("file"));
        Path toDirectory = Files.createSymbolicLink(data.resolve("16384"), place);
        Path toFile = Files.createSymbolicLink(data.resolve("conf"), file);
        Path toNothing = Files.createSymbolicLink(data.resolve("gone"), directory.resolve("nothing"));

        QuietDeletion.deleteLinks(directory.resolve("data"));

        assertThat(toDirectory).doesNotExist();
        assertThat(toFile).doesNotExist();
        assertThat(toNothing).doesNotExist();
        assertThat(data).exists();
        assertThat(file).exists();
    }

    @Test
    void whatNeedsOtherRightsIsLeftToJUnit() throws IOException {
        Path shut = Files.createDirectory(directory.resolve("shut"));
        Path link = Files.createSymbolicLink(shut.resolve("link"), directory);
        Files.setPosixFilePermissions(shut, PosixFilePermissions.fromString("---------"));

        boolean isRoot = Files.isReadable(shut);

        QuietDeletion.deleteLinks(directory);

        Files.setPosixFilePermissions(shut, PosixFilePermissions.fromString("rwx------"));
        assertThat(Files.exists(link, LinkOption.NOFOLLOW_LINKS)).isEqualTo(!isRoot);
    }
}
