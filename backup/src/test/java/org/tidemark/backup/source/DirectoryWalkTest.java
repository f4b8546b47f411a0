// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.core.LocalFiles;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.BaseBackupFiles;
import org.tidemark.postgres.RelationFile;
import org.tidemark.postgres.TablespaceInfo;

class DirectoryWalkTest {
    private static final String VERSION = "PG_16_202307071";

    private final Passed passed = new Passed();

    @TempDir
    private Path directory;

    private Path data;

    @BeforeEach
    void makeDirectory() throws IOException {
        data = Files.createDirectories(directory.toRealPath().resolve("data"));
    }

    private DirectoryWalk walk() {
        LocalFiles files = new LocalFiles();
        return new DirectoryWalk(
                files,
                data.toString(),
                new BaseBackupFiles(16, Optional.empty()),
                new WalkSink.Copy(passed, new UnreadableFiles(files, data.toString())),
                () -> {});
    }

    private static void write(Path file) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, "content");
    }

    @Test
    void aTablespaceIsReadEvenIfTheDirectoryOfItsVersionIsALink() throws IOException {
        write(directory.resolve("moved/5/16385"));
        Files.createDirectory(directory.resolve("fast"));
        Files.createSymbolicLink(directory.resolve("fast").resolve(VERSION), directory.resolve("moved"));
        Files.createDirectory(data.resolve("pg_tblspc"));
        Files.createSymbolicLink(data.resolve("pg_tblspc/16384"), directory.resolve("fast"));

        walk().tablespace("pg_tblspc/16384", VERSION);

        assertThat(passed.paths)
                .containsExactly(
                        "pg_tblspc/16384/" + VERSION,
                        "pg_tblspc/16384/" + VERSION + "/5",
                        "pg_tblspc/16384/" + VERSION + "/5/16385");
    }

    /** Else each backup would contain all earlier ones. */
    @Test
    void aRepositoryInTheDataDirectoryIsLeftOut() throws IOException {
        write(data.resolve("backup/tidemark.json"));
        write(data.resolve("backup/main/7/wal/000000010000000000000001"));
        write(data.resolve("base/5/16385"));
        write(data.resolve("tidemark.json"));

        walk().dataDirectory(Set.of());

        assertThat(passed.paths).containsExactlyInAnyOrder("base", "base/5", "base/5/16385", "tidemark.json");
        assertThat(passed.warnings)
                .singleElement()
                .satisfies(each -> assertThat(each).contains("'backup' in the data directory is a repository"));
    }

    /** The top of a file system has one, which only root may list. */
    @Test
    void lostAndFoundIsLeftOutAtTheTopAndNowhereElse() throws IOException {
        write(data.resolve("lost+found/1"));
        write(data.resolve("mine/lost+found/1"));
        write(directory.resolve("fast").resolve(VERSION).resolve("lost+found/1"));
        Files.createDirectory(data.resolve("pg_tblspc"));
        Files.createSymbolicLink(data.resolve("pg_tblspc/16384"), directory.resolve("fast"));

        walk().tablespace("pg_tblspc/16384", VERSION);
        walk().dataDirectory(Set.of());

        assertThat(passed.paths)
                .containsExactly(
                        "pg_tblspc/16384/" + VERSION, "mine", "mine/lost+found", "mine/lost+found/1", "pg_tblspc");
        assertThat(passed.warnings).isEmpty();
    }

    @Test
    void aDirectoryThatBecomesALinkAfterItsLookIsRefusedAndNotLeftOut() throws IOException {
        write(data.resolve("base/5/16385"));
        passed.atDirectory("base/5", () -> {
            Files.move(data.resolve("base/5"), directory.resolve("moved"));
            Files.createSymbolicLink(data.resolve("base/5"), directory.resolve("moved"));
        });

        assertThatThrownBy(() -> walk().dataDirectory(Set.of()))
                .isInstanceOf(UserFacingException.class)
                .hasMessageContaining("'base/5' in the data directory is a link or a special file");
    }

    @Test
    void whatVanishesAfterItsLookIsSkipped() throws IOException {
        write(data.resolve("base/5/16385"));
        write(data.resolve("base/6/16386"));
        passed.atDirectory("base/5", () -> {
            Files.delete(data.resolve("base/5/16385"));
            Files.delete(data.resolve("base/5"));
        });

        walk().dataDirectory(Set.of());

        assertThat(passed.paths).containsExactly("base", "base/5", "base/6", "base/6/16386");
        assertThat(passed.warnings).isEmpty();
    }

    /** A change of the data directory. */
    private interface Change {
        void make() throws IOException;
    }

    private static final class Passed implements FileSink {
        private final List<String> paths = new ArrayList<>();
        private final List<String> warnings = new ArrayList<>();
        private String changed = "";
        private Change change = () -> {};

        void atDirectory(String path, Change made) {
            changed = path;
            change = made;
        }

        @Override
        public void directory(String path, int mode) throws IOException {
            paths.add(path);
            if (path.equals(changed)) {
                change.make();
            }
        }

        @Override
        public void file(FileFacts facts, FileContent content) {
            paths.add(facts.path());
            try (var open = content.open().orElseThrow()) {
                assertThat(open.size()).isEqualTo(facts.size());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public Optional<ParentBackup> parent() {
            return Optional.empty();
        }

        @Override
        public void sendsEveryFile(String reason) {}

        @Override
        public void changes(FileFacts facts, RelationFile relation, long shortest, InputStream content) {}

        @Override
        public void rewritten(FileFacts facts, byte[] sent, byte[] stored) {}

        @Override
        public void started(Lsn start, Timeline timeline, List<TablespaceInfo> tablespaces) {}

        @Override
        public void link(String path, String target) {}

        @Override
        public void file(FileFacts facts, InputStream content) {}

        @Override
        public void awaitReads() {}

        @Override
        public void tablespace(TablespaceInfo tablespace) {}

        @Override
        public void manifest(InputStream json) {}

        @Override
        public void progress(long bytesRead, long bytesExpected) {}

        @Override
        public void warning(String message) {
            warnings.add(message);
        }
    }
}
