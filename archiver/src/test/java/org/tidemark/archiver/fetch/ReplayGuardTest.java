// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.fetch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.postgres.wal.CreatedTablespace;

class ReplayGuardTest {
    private static final Segment SEGMENT = (Segment) WalFile.parse("000000010000000000000001");

    @TempDir
    Path directory;

    private Path data;
    private Path place;
    private CreatedTablespace created;

    @BeforeEach
    void make() throws IOException {
        data = directory.resolve("data");
        Files.createDirectories(data.resolve("pg_tblspc"));
        Files.createFile(data.resolve("recovery.signal"));
        place = Files.createDirectory(directory.resolve("place"));
        created = new CreatedTablespace(Lsn.parse("0/1000028"), 16384, place.toString());
    }

    private void check() {
        new ReplayGuard(data.resolve("pg_wal")).check(SEGMENT, List.of(created), 15);
    }

    @Test
    void aDirectoryOfThisVersionInThePlaceOfANewTablespaceKeepsTheSegmentBack() throws IOException {
        check();
        Files.createDirectories(place.resolve("PG_15_202209061/5"));

        UserFacingException refused = catchThrowableOfType(UserFacingException.class, this::check);

        assertThat(refused.exitCode()).isEqualTo(ExitCode.LOCAL_FILES);
        assertThat(refused).hasMessageContainingAll(SEGMENT.name(), place.toString(), "16384");
        assertThat(refused.hint()).contains("--target-lsn 0/1000028 --exclusive");
    }

    /** The cluster that uses it has not written there yet; afterwards it would share its files with this one. */
    @Test
    void anEmptyDirectoryOfThisVersionIsOneInUse() throws IOException {
        Files.createDirectories(place.resolve("PG_14_202107181"));
        check();
        Files.createDirectories(place.resolve("PG_15_202209061"));

        assertThat(catchThrowableOfType(UserFacingException.class, this::check)).isNotNull();
    }

    @Test
    void aServerThatReplaysTheSegmentOnceMoreGetsIt() throws IOException {
        Files.createDirectories(place.resolve("PG_15_202209061/5"));
        Files.createSymbolicLink(data.resolve("pg_tblspc/16384"), place);

        check();
    }

    /** The record that drops the other one comes before, and may be in the same segment. */
    @Test
    void aTablespaceInThePlaceOfOneThatIsDroppedBeforeIsNoReason() throws IOException {
        Files.createDirectories(place.resolve("PG_15_202209061/5"));
        Files.createSymbolicLink(data.resolve("pg_tblspc/16001"), directory.resolve("nowhere"));
        Files.createSymbolicLink(data.resolve("pg_tblspc/16385"), place);

        check();
    }

    @Test
    void whoeverFetchesASegmentAndReplaysNothingGetsIt() throws IOException {
        Files.createDirectories(place.resolve("PG_15_202209061/5"));
        Files.delete(data.resolve("recovery.signal"));

        check();
    }
}
