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
        return HostSnapshot.of(List.of(home), List.of(".*/spool", ".*\\.plan"), List.of(".*/repository/[0-9A-F]+"));
    }

    @Test
    void whatMayChangeMayChange() throws IOException {
        Path repository = Files.createDirectory(home.resolve("repository"));
        HostSnapshot snapshot = snapshot();

        Files.writeString(home.resolve("spool/main/file"), "new");
        Files.writeString(home.resolve("restored.plan"), "new");
        Path segment = Files.writeString(repository.resolve("0A"), "archived");

        assertThatCode(() -> snapshot.mustBeUnchanged("recover")).doesNotThrowAnyException();
        HostSnapshot later = snapshot();
        Files.writeString(segment, "Archived");
        assertThatThrownBy(() -> later.mustBeUnchanged("recover")).hasMessageContaining(segment.toString());
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

    @Test
    void theTablespacesOfAClusterAreComparedWhereverTheyAre(@TempDir Path disk) throws IOException {
        Path row = cluster(disk);
        HostSnapshot snapshot = HostSnapshot.of(List.of(home), List.of("-"));
        assertThatCode(() -> snapshot.mustBeUnchanged("recover")).doesNotThrowAnyException();

        Files.writeString(row, "ROWS");

        assertThatThrownBy(() -> snapshot.mustBeUnchanged("recover")).hasMessageContaining(row.toString());
    }

    /** With a table in a tablespace on a disk. */
    private Path cluster(Path disk) throws IOException {
        Path cluster = home.resolve("cluster");
        Files.writeString(cluster.resolve("PG_VERSION"), "18");
        Files.writeString(cluster.resolve("postgresql.conf"), "# none");
        Files.createDirectory(cluster.resolve("global"));
        Files.createSymbolicLink(
                Files.createDirectory(cluster.resolve("pg_tblspc")).resolve("16384"), disk);
        return Files.writeString(
                Files.createDirectories(disk.resolve("PG_18_202506291/5")).resolve("16385"), "rows");
    }

    @Test
    void aServerThatRunsMayWriteItsTablesAndLosesNone(@TempDir Path disk) throws Exception {
        Path row = cluster(disk);
        Path cluster = home.resolve("cluster");
        // A server is known by its working directory.
        Process server =
                new ProcessBuilder("sleep", "60").directory(cluster.toFile()).start();
        try {
            Files.writeString(cluster.resolve("postmaster.pid"), server.pid() + "\n");
            HostSnapshot snapshot = snapshot();
            Files.writeString(row, "more rows");
            Files.writeString(row.resolveSibling("16386"), "a new table");
            Files.writeString(cluster.resolve("global/pg_control"), "later");
            assertThatCode(() -> snapshot.mustBeUnchanged("recover")).doesNotThrowAnyException();

            List<IoAction> changes = List.of(
                    () -> Files.writeString(cluster.resolve("postgresql.conf"), "port = 1"),
                    () -> Files.delete(cluster.resolve("pg_tblspc/16384")),
                    () -> Files.delete(row));
            for (IoAction change : changes) {
                HostSnapshot before = snapshot();
                change.run();
                assertThatThrownBy(() -> before.mustBeUnchanged("recover")).hasMessageContaining("became");
                Files.deleteIfExists(cluster.resolve("pg_tblspc/16384"));
                Files.createSymbolicLink(cluster.resolve("pg_tblspc/16384"), disk);
            }
        } finally {
            server.destroyForcibly().waitFor();
        }
    }
}
