// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.core.ExitCode;
import org.tidemark.core.HostFiles;
import org.tidemark.core.LocalFiles;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.BaseBackupFiles;
import org.tidemark.postgres.TablespaceInfo;

class ClusterSurveyTest {
    private static final String VERSION = "PG_16_202307071";

    private final FilesOfOwner files = new FilesOfOwner();

    @TempDir
    private Path directory;

    private Path data;

    @BeforeEach
    void makeDirectory() throws IOException {
        data = Files.createDirectories(directory.toRealPath().resolve("data"));
        Files.createDirectories(data.resolve("pg_tblspc"));
        write("base/5/16385");
        write("global/1262");
    }

    private Path write(String path) throws IOException {
        Path file = data.resolve(path);
        Files.createDirectories(file.getParent());
        return Files.write(file, new byte[4096]);
    }

    private static void deny(Path file) throws IOException {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("---------"));
    }

    private List<TablespaceInfo> survey() throws IOException {
        try (ClusterSurvey survey = new ClusterSurvey(
                new DataDirectory(files, data.toString(), new BaseBackupFiles(16, Optional.empty()), VERSION))) {
            survey.awaitBeforeCheckpoint();
            return survey.tablespaces();
        }
    }

    private UserFacingException refused() {
        UserFacingException refused = catchThrowableOfType(UserFacingException.class, this::survey);
        assertThat(refused.exitCode()).isEqualTo(ExitCode.LOCAL_FILES);
        return refused;
    }

    @Test
    void theSizesAreThoseOfWhatABackupReads() throws IOException {
        write("pg_wal/000000010000000000000001");
        write("base/pgsql_tmp/pgsql_tmp1.0");
        Files.createDirectories(directory.resolve("fast").resolve(VERSION).resolve("5"));
        Files.createSymbolicLink(data.resolve("pg_tblspc/16384"), directory.resolve("fast"));
        write("pg_tblspc/16384/" + VERSION + "/5/16400");

        assertThat(survey())
                .containsExactly(
                        new TablespaceInfo(16384, directory.resolve("fast").toString(), 4),
                        new TablespaceInfo(0, "", 8));
    }

    @Test
    void everythingThatCannotBeReadIsNamedAtOnce() throws IOException {
        deny(write("notes.save"));
        deny(write("base/5/dump.sql"));
        write("base/6/1");
        deny(data.resolve("base/6"));

        UserFacingException refused = refused();

        assertThat(refused)
                .hasMessage("no right to read 3 files and directories: '" + data.resolve("base/5/dump.sql") + "', '"
                        + data.resolve("base/6") + "', '" + data.resolve("notes.save") + "'; there is no backup");
        assertThat(refused.hint())
                .contains("The mode of '" + data.resolve("base/5/dump.sql")
                        + "' and 2 more denies the owner to read them")
                .contains("chmod u+r '" + data.resolve("base/5/dump.sql"))
                .doesNotContain("--method stream");
    }

    /** Root is asked to copy the line. */
    @Test
    void aNameEndsNoQuotesOfACommand() throws IOException {
        deny(write("base/5/x'; exit '"));

        assertThat(refused().hint()).contains("chmod u+r '" + data.resolve("base/5/x'\\''; exit '\\''") + "'");
    }

    @Test
    void aLongListIsCutAndEnds() throws IOException {
        for (int i = 0; i < UnreadableFiles.COUNTED + 1; i++) {
            deny(write("base/5/x" + i));
            if (i == 24) {
                assertThat(refused())
                        .hasMessageStartingWith("no right to read 25 files")
                        .hasMessageContaining(" and 5 more;");
            }
        }

        assertThat(refused()).hasMessageStartingWith("no right to read at least 1000 files");
    }

    /** Over SFTP to open a file takes round trips. */
    @Test
    void fewFilesAreOpened() throws IOException {
        for (int i = 0; i < 500; i++) {
            write("base/5/" + (20_000 + i));
        }

        survey();

        assertThat(files.opened).hasValue(2);
    }

    /** The files of this host as their owner may read them, even where this process is root's. */
    private static final class FilesOfOwner implements HostFiles {
        private static final int OWNER_READS = 0400;

        private final HostFiles files = new LocalFiles();
        private final AtomicInteger opened = new AtomicInteger();

        private void requireReadable(String path) throws IOException {
            Optional<Stat> found = files.stat(path);
            if (found.isPresent() && (found.get().mode() & OWNER_READS) == 0) {
                throw new AccessDeniedException(path);
            }
        }

        @Override
        public Optional<Stat> stat(String path) throws IOException {
            return files.stat(path);
        }

        @Override
        public Listing list(String path) throws IOException {
            requireReadable(path);
            return files.list(path);
        }

        @Override
        public String readLink(String path) throws IOException {
            return files.readLink(path);
        }

        @Override
        public String realPath(String path) throws IOException {
            return files.realPath(path);
        }

        @Override
        public OpenFile open(String path, Stat seen) throws IOException {
            requireReadable(path);
            opened.incrementAndGet();
            return files.open(path, seen);
        }

        @Override
        public void close() {
            files.close();
        }
    }
}
