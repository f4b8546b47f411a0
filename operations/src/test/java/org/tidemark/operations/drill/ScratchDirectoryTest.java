// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.drill;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.core.HostName;
import org.tidemark.postgres.RunningProcess;

final class ScratchDirectoryTest {
    /** Its process has ended: no process started at the first tick of this boot but those of the kernel. */
    private static final String GONE = new RunningProcess("2147483647", "1").toString();

    @TempDir
    Path root;

    private Path parent;
    private Path outside;

    @BeforeEach
    void makeWhatMustStay() throws IOException {
        parent = Files.createDirectory(root.resolve("drills"));
        outside = Files.createDirectory(root.resolve("outside"));
        Files.writeString(outside.resolve("file"), "stays");
    }

    private Path left(String name, String owner, String host, String kept) throws IOException {
        Path directory = parent.resolve(name);
        Files.createDirectories(directory.resolve("data/base/1"));
        Files.writeString(directory.resolve("data/base/1/2"), "x");
        Files.createDirectory(directory.resolve("data/pg_tblspc"));
        Files.createSymbolicLink(directory.resolve("data/pg_tblspc/16384"), outside);
        Files.writeString(directory.resolve("tidemark.drill"), owner + "\n" + host + "\n" + kept + "\n");
        return directory;
    }

    @Test
    void itIsPrivateAndGoneAfterwards() throws IOException {
        Path path = ScratchDirectory.next(parent, Instant.now());
        try (ScratchDirectory scratch = ScratchDirectory.make(path)) {
            assertThat(Files.getPosixFilePermissions(scratch.path()))
                    .isEqualTo(PosixFilePermissions.fromString("rwx------"));
            Files.createDirectories(ScratchDirectory.data(path).resolve("pg_tblspc"));
            Files.createSymbolicLink(ScratchDirectory.data(path).resolve("pg_tblspc/1"), outside);
        }

        assertThat(parent).isEmptyDirectory();
        assertThat(outside.resolve("file")).hasContent("stays");
    }

    @Test
    void whatAKilledDrillLeftIsRemovedAndNothingElse() throws Exception {
        String here = HostName.ofThisMachine();
        Path gone = left("drill-gone", GONE, here, "");
        Path running = left("drill-running", RunningProcess.self().toString(), here, "");
        Path kept = left("drill-kept", GONE, here, "kept");
        Path elsewhere = left("drill-elsewhere", GONE, "not-" + here, "");
        Path unmarked = left("drill-unmarked", GONE, here, "");
        Files.delete(unmarked.resolve("tidemark.drill"));
        Path torn = left("drill-torn", GONE, here, "");
        Files.writeString(torn.resolve("tidemark.drill"), GONE);
        Path other = left("other", GONE, here, "");
        Path link = Files.createSymbolicLink(parent.resolve("drill-link"), left("target", GONE, here, ""));
        Path linkedMark = left("drill-linked-mark", GONE, here, "");
        Files.move(linkedMark.resolve("tidemark.drill"), outside.resolve("mark"));
        Files.createSymbolicLink(linkedMark.resolve("tidemark.drill"), outside.resolve("mark"));

        assertThat(ScratchDirectory.removeAbandoned(parent)).containsExactly(gone);

        assertThat(gone).doesNotExist();
        for (Path each : new Path[] {running, kept, elsewhere, unmarked, torn, other, link, linkedMark}) {
            assertThat(each.resolve("data/base/1/2")).exists();
        }
        assertThat(outside.resolve("file")).hasContent("stays");
    }

    /** Its mark is written into a directory that is there, and goes before the directory does. */
    @Test
    void whatWasKilledWhileItHadNoMarkIsRemovedByItsName() throws Exception {
        String here = HostName.ofThisMachine();
        Path gone = Files.createDirectory(parent.resolve(".drill-" + here + "-2147483647-1"));
        String first = RunningProcess.of("1").orElseThrow().toString().replace(' ', '-');
        Path running = Files.createDirectory(parent.resolve(".drill-" + here + "-" + first));
        Path elsewhere = Files.createDirectory(parent.resolve(".drill-not-" + here + "-2147483647-1"));

        assertThat(ScratchDirectory.removeAbandoned(parent)).containsExactly(gone);

        assertThat(parent).isDirectoryNotContaining(each -> each.equals(gone));
        assertThat(running).isDirectory();
        assertThat(elsewhere).isDirectory();
    }

    @Test
    void theDirectoryOfAnotherDrillIsNotTaken() throws Exception {
        Path path = ScratchDirectory.next(parent, Instant.now());
        try (ScratchDirectory other = ScratchDirectory.make(path)) {
            assertThatThrownBy(() -> ScratchDirectory.make(path)).isInstanceOf(FileSystemException.class);

            assertThat(other.path().resolve("tidemark.drill")).exists();
        }
    }

    @Test
    void aKeptOneStays() throws Exception {
        Path path = ScratchDirectory.next(parent, Instant.now());
        try (ScratchDirectory scratch = ScratchDirectory.make(path)) {
            Files.createDirectory(ScratchDirectory.data(scratch.path()));
            scratch.keep(HarmlessSettings.in(scratch.path(), 18));
        }

        assertThat(ScratchDirectory.removeAbandoned(parent)).isEmpty();
        assertThat(path).isDirectory();
    }
}
