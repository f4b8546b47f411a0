// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.core.IoAction;

class HostSnapshotTest {
    @TempDir
    private Path home;

    private Path file = Path.of("/");
    private Path link = Path.of("/");

    @BeforeEach
    void fill() throws IOException {
        file = Files.writeString(
                Files.createDirectories(home.resolve("cluster/base")).resolve("1"), "rows");
        link = Files.createSymbolicLink(home.resolve("cluster/link"), file);
        Files.createDirectories(home.resolve("spool/main"));
    }

    private HostSnapshot snapshot() throws IOException {
        return HostSnapshot.of(List.of(home), List.of(".*/spool", ".*\\.plan"));
    }

    @Test
    void whatMayChangeMayChange() throws IOException {
        HostSnapshot snapshot = snapshot();

        Files.writeString(home.resolve("spool/main/file"), "new");
        Files.writeString(home.resolve("restored.plan"), "new");

        assertThatCode(() -> snapshot.mustBeUnchanged("recover")).doesNotThrowAnyException();
    }

    @Test
    void anyOtherChangeIsNamed() throws IOException {
        List<IoAction> changes = List.of(
                () -> {
                    FileTime time = Files.getLastModifiedTime(file);
                    Files.writeString(file, "Rows");
                    Files.setLastModifiedTime(file, time);
                },
                () -> Files.setLastModifiedTime(file, FileTime.fromMillis(0)),
                () -> Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--------")),
                () -> Files.createDirectory(home.resolve("new")),
                () -> {
                    Files.delete(link);
                    Files.createSymbolicLink(link, home);
                },
                () -> Files.delete(file));
        for (IoAction change : changes) {
            HostSnapshot snapshot = snapshot();
            change.run();

            assertThatThrownBy(() -> snapshot.mustBeUnchanged("recover")).hasMessageContaining(home.toString());
        }
    }
}
