// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.push;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tidemark.archiver.ArchiveFixture.segment;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.archiver.ArchiveFixture;
import org.tidemark.catalog.RejectedContent;
import org.tidemark.catalog.RepairedStore;
import org.tidemark.catalog.Repository;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.postgres.ControlFile;
import org.tidemark.postgres.ControlFile.ClusterState;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.WalFixtures;

class WalPusherTest {
    @TempDir
    private Path data;

    private ArchiveFixture fixture;
    private final Segment segment = segment(1, 2);

    @BeforeEach
    void startAnArchive() throws IOException {
        fixture = new ArchiveFixture(data);
    }

    @Test
    void theSameContentAgainIsSuccess() throws Exception {
        fixture.push(segment);
        fixture.push(segment);

        assertThat(fixture.archive().wal().contains(segment)).isTrue();
    }

    @Test
    void otherContentIsAConflictAndLeavesTheFirstAlone() throws Exception {
        fixture.push(segment);
        byte[] other = WalFixtures.segment(segment, ArchiveFixture.SYSTEM, ArchiveFixture.SIZE, 8);

        assertRefused(ExitCode.WAL_CONFLICT, () -> fixture.push(segment.name(), other));
        fixture.fetch(segment, 1);
        assertThat(fixture.target()).hasBinaryContent(fixture.content(segment));
    }

    @Test
    void anEmptyOrTruncatedFileIsRefused() throws Exception {
        byte[] whole = fixture.content(segment);

        assertNothingStored(ExitCode.WAL_REFUSED, () -> fixture.push(segment.name(), new byte[0]));
        assertNothingStored(
                ExitCode.WAL_REFUSED, () -> fixture.push(segment.name(), Arrays.copyOf(whole, whole.length - 1)));
        assertNothingStored(
                ExitCode.WAL_REFUSED, () -> fixture.push(segment.name(), Arrays.copyOf(whole, whole.length + 1)));
        assertNothingStored(ExitCode.WAL_REFUSED, () -> fixture.push(segment.name(), new byte[whole.length]));
    }

    @Test
    void aRecycledFileIsRefused() {
        byte[] recycled = fixture.content(segment);
        byte[] older = fixture.content(segment(1, 1));
        System.arraycopy(older, 1 << 19, recycled, 1 << 19, 1 << 19);

        assertNothingStored(ExitCode.WAL_REFUSED, () -> fixture.push(segment.name(), recycled));
        assertNothingStored(ExitCode.WAL_REFUSED, () -> fixture.push(segment.name(), older));
    }

    @Test
    void aForeignClustersSegmentIsRefused() {
        byte[] foreign = WalFixtures.segment(segment, new SystemIdentifier(42), ArchiveFixture.SIZE, 7);

        assertNothingStored(ExitCode.WRONG_CLUSTER, () -> fixture.push(segment.name(), foreign));
    }

    @Test
    void aTimelineAboveTheNamesIsRefused() {
        byte[] later = fixture.content(segment(2, 2));

        assertNothingStored(ExitCode.WAL_REFUSED, () -> fixture.push(segment.name(), later));
    }

    @Test
    void aHistoryWhosePositionsFallIsArchivedAsPostgresWroteIt() throws Exception {
        fixture.pushHistory(3, "1\t0/1000100\tx\n\n2\t0/1000000\tx\n");

        assertThat(fixture.archive()
                        .wal()
                        .history(new Timeline(3))
                        .orElseThrow()
                        .endOf(Timeline.FIRST))
                .contains(Lsn.parse("0/1000000"));
    }

    @Test
    void aHistoryThatNamesNoParentIsRefused() {
        assertNothingStored(ExitCode.WAL_REFUSED, () -> fixture.pushHistory(2, ""));
        assertNothingStored(ExitCode.WAL_REFUSED, () -> fixture.pushHistory(2, "2\t0/1000000\tx\n"));
    }

    @Test
    void twoPromotionsToOneTimelineAreAConflict() throws Exception {
        fixture.pushHistory(2, "1\t0/1000000\tx\n");

        assertRefused(ExitCode.WAL_CONFLICT, () -> fixture.pushHistory(2, "1\t0/1000100\tx\n"));
    }

    /** As it is in the recycled file of a standby with archive_mode = always; only the history proves it. */
    @Test
    void aRecycledFileThatReachesTheEndOfItsTimelineIsAPartialSegment() throws Exception {
        byte[] cut = fixture.content(segment(1, 3));
        System.arraycopy(fixture.content(segment(1, 1)), 4 * 8192, cut, 4 * 8192, cut.length - 4 * 8192);
        assertRefused(ExitCode.WAL_REFUSED, () -> pushToStandby(segment(1, 3), cut));
        inWalDirectory("00000002.history", "1\t0/307100\tno recovery target\n");
        assertRefused(ExitCode.WAL_REFUSED, () -> fixture.push(segment(1, 3).name(), cut));

        pushToStandby(segment(1, 3), cut);

        assertThat(fixture.archive().wal().listing().partials(segment(1, 3)))
                .singleElement()
                .satisfies(partial -> assertThat(partial.end()).isEqualTo(Lsn.parse("0/308000")));
        inWalDirectory("00000002.history", "1\t0/308100\tno recovery target\n");
        assertRefused(ExitCode.WAL_REFUSED, () -> pushToStandby(segment(1, 3), cut));
    }

    @Test
    void aSegmentThatEndsInItsLastPageWithItsTimelineIsPartialAndOneThatGoesOnIsWhole() throws Exception {
        Lsn end = Lsn.parse("0/3FF100");
        inWalDirectory("00000002.history", "1\t" + end + "\tno recovery target\n");
        byte[] goesOn = fixture.content(segment(1, 3));
        ByteBuffer.wrap(goesOn)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(0xFF100, 48)
                .putLong(0xFF108, end.value() - 64);

        pushToStandby(segment(1, 3), fixture.content(segment(1, 3)));
        assertThat(fixture.archive().wal().contains(segment(1, 3))).isFalse();
        assertThat(fixture.archive().wal().listing().partials(segment(1, 3))).hasSize(1);
        pushToStandby(segment(1, 3), goesOn);

        assertThat(fixture.archive().wal().contains(segment(1, 3))).isTrue();
    }

    private void pushToStandby(Segment cut, byte[] content) throws IOException {
        ControlFile control = ArchiveFixture.CONTROL;
        fixture.pushAs(
                new ControlFile(
                        control.system(),
                        control.version(),
                        control.catalogVersion(),
                        control.postgresMajor(),
                        ClusterState.IN_ARCHIVE_RECOVERY,
                        control.checkpoint(),
                        control.recovery(),
                        control.settings(),
                        control.layout(),
                        control.dataChecksumVersion()),
                cut.name(),
                content);
    }

    /** Where archiving was off at the promotion, PostgreSQL never hands the history over; the file is there. */
    @Test
    void theHistoryOfItsTimelineIsArchivedBeforeASegment() throws Exception {
        Path history = inWalDirectory("00000002.history", "1\t0/280000\tno recovery target\n");

        fixture.push(segment(2, 3));

        assertThat(fixture.archive().wal().history(new Timeline(2)))
                .hasValueSatisfying(archived -> assertThat(archived.begin()).isEqualTo(Lsn.parse("0/280000")));
        assertThat(history).exists();
        fixture.push(segment(2, 4).name() + ".partial", fixture.content(segment(2, 4)));
        assertThat(fixture.archive().wal().listing().partials(segment(2, 4))).hasSize(1);
    }

    @Test
    void aSegmentOfATimelineWhoseNumberAnotherServerTookIsAConflict() throws Exception {
        fixture.pushHistory(2, "1\t0/1000000\tx\n");
        inWalDirectory("00000002.history", "1\t0/280000\tx\n");

        assertNothingStored(ExitCode.WAL_CONFLICT, () -> fixture.push(segment(2, 3)));
    }

    @Test
    void aSegmentWhoseHistoryIsNowhereIsRefusedAndOneThatIsArchivedWillDo() throws Exception {
        assertNothingStored(ExitCode.WAL_REFUSED, () -> fixture.push(segment(2, 3)));
        inWalDirectory("00000002.history", "what is this?");
        assertNothingStored(ExitCode.WAL_REFUSED, () -> fixture.push(segment(2, 3)));
        Files.delete(data.resolve("pg_wal/00000002.history"));

        fixture.pushHistory(2, "1\t0/280000\tx\n");
        fixture.push(segment(2, 3));

        assertThat(fixture.archive().wal().contains(segment(2, 3))).isTrue();
    }

    /** Nothing is overwritten, so the operator is told which one object is damaged, and what takes its place. */
    @Test
    void aDamagedHistoryIsNamedWithTheWayOutWhetherOrNotAGoodOneIsAtHand() throws Exception {
        fixture.pushHistory(2, "1\t0/280000\tx\n");
        ObjectKey key = new ObjectKey("main/" + ArchiveFixture.SYSTEM + "/history/00000002.history");
        fixture.store.delete(List.of(key));
        fixture.store.putIfAbsent(key, ObjectSource.of(new byte[600]));

        assertThatThrownBy(() -> fixture.push(segment(2, 3))).isInstanceOfSatisfying(UserFacingException.class, e -> {
            assertThat(e.exitCode()).isEqualTo(ExitCode.DAMAGED);
            assertThat(e).hasMessageContaining(key.value());
            assertThat(e.hint()).contains("tidemark sync", "tidemark wal-resolve 00000002.history");
        });
        inWalDirectory("00000002.history", "1\t0/280000\tx\n");
        assertThatThrownBy(() -> fixture.push(segment(2, 3))).isInstanceOfSatisfying(UserFacingException.class, e -> {
            assertThat(e.exitCode()).isEqualTo(ExitCode.DAMAGED);
            assertThat(e).hasMessageContaining(key.value());
            assertThat(e.hint()).contains("the intact one", "tidemark wal-resolve 00000002.history");
        });
        new RepairedStore(fixture.store).reject(key, new RejectedContent(Optional.empty(), Instant.EPOCH, "here"));
        fixture.push(segment(2, 3));

        assertThat(Repository.open(fixture.store, Optional.empty())
                        .withRepairs()
                        .incarnation(fixture.archive().identity().cluster(), ArchiveFixture.SYSTEM)
                        .orElseThrow()
                        .wal()
                        .history(new Timeline(2)))
                .isPresent();
        assertThat(fixture.archive().wal().contains(segment(2, 3))).isTrue();
    }

    /** As after a crash of the host that came before the file was durable. */
    @Test
    void aHistoryInPgWalThatIsCutOffDoesNotStopArchivingWhereTheRepositoryHasAGoodOne() throws Exception {
        fixture.pushHistory(2, "1\t0/280000\tx\n");
        inWalDirectory("00000002.history", "");

        fixture.push(segment(2, 3));

        assertThat(fixture.archive().wal().contains(segment(2, 3))).isTrue();
    }

    /** A question for each segment would be one too many; a repository that lost the history gets it again. */
    @Test
    void thatTheHistoryIsThereIsBelievedForAnHourAndOnlyOfThisRepositoryAndThisContent() throws Exception {
        inWalDirectory("00000002.history", "1\t0/280000\tx\n");
        fixture.push(segment(2, 3));
        ObjectKey key = new ObjectKey("main/" + ArchiveFixture.SYSTEM + "/history/00000002.history");
        fixture.store.delete(List.of(key));

        fixture.push(segment(2, 4));
        assertThat(fixture.store.stat(key)).isEmpty();
        fixture.clock = Clock.offset(fixture.clock, Duration.ofMinutes(61));
        fixture.push(segment(2, 5));

        assertThat(fixture.store.stat(key)).isPresent();
        inWalDirectory("00000002.history", "1\t0/280008\tx\n");
        assertRefused(ExitCode.WAL_CONFLICT, () -> fixture.push(segment(2, 6)));
        inWalDirectory("00000002.history", "1\t0/280000\tx\n");
        ArchiveFixture wiped = new ArchiveFixture(data);
        wiped.push(segment(2, 6));
        assertThat(wiped.store.stat(key)).isPresent();
    }

    /** The repository may have been set back to an older copy, which lacks the history that the note tells of. */
    @Test
    void theFirstSegmentOfATimelineBelievesNoNoteOfItsHistory() throws Exception {
        inWalDirectory("00000002.history", "1\t0/280000\tx\n");
        fixture.push(segment(2, 2));
        ObjectKey key = new ObjectKey("main/" + ArchiveFixture.SYSTEM + "/history/00000002.history");
        fixture.store.delete(List.of(key));

        fixture.push(segment(2, 3));
        assertThat(fixture.store.stat(key)).isEmpty();
        fixture.push(segment(2, 2));
        assertThat(fixture.store.stat(key)).isPresent();
    }

    private Path inWalDirectory(String name, String content) throws IOException {
        return Files.writeString(data.resolve("pg_wal").resolve(name), content);
    }

    @Test
    void severalPartialsOfOneSegmentStandSideBySide() throws Exception {
        fixture.push(segment.name() + ".partial", WalFixtures.switchedAfter(3, fixture.content(segment)));
        fixture.push(segment.name() + ".partial", WalFixtures.switchedAfter(5, fixture.content(segment)));
        fixture.push(segment.name() + ".partial", WalFixtures.switchedAfter(5, fixture.content(segment)));

        assertThat(fixture.archive().wal().listing().partials(segment)).hasSize(2);
    }

    @Test
    void aBackupHistoryFileMustTellOfItsOwnBackup() throws Exception {
        String label = """
            START WAL LOCATION: 0/200028 (file 000000010000000000000002)
            STOP WAL LOCATION: 0/200100 (file 000000010000000000000002)
            CHECKPOINT LOCATION: 0/200060
            BACKUP METHOD: streamed
            BACKUP FROM: primary
            START TIME: 2026-11-20 06:30:11 UTC
            LABEL: x
            START TIMELINE: 1
            STOP TIME: 2026-11-20 06:30:12 UTC
            STOP TIMELINE: 1
            """;

        fixture.push(segment.name() + ".00000028.backup", label.getBytes(StandardCharsets.US_ASCII));

        assertNothingStored(
                ExitCode.WAL_REFUSED,
                () -> fixture.push(
                        segment(1, 3).name() + ".00000028.backup", label.getBytes(StandardCharsets.US_ASCII)));
        assertNothingStored(
                ExitCode.WAL_REFUSED, () -> fixture.push(segment(1, 4).name() + ".00000028.backup", new byte[0]));
    }

    private void assertNothingStored(ExitCode code, ThrowingCallable push) {
        int before = count();
        assertRefused(code, push);
        assertThat(count()).isEqualTo(before);
    }

    private int count() {
        try {
            return fixture.store
                    .list("", Optional.empty(), ObjectStore.MAX_PAGE)
                    .objects()
                    .size();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void assertRefused(ExitCode code, ThrowingCallable push) {
        assertThatThrownBy(push)
                .isInstanceOfSatisfying(
                        UserFacingException.class,
                        e -> assertThat(e.exitCode()).as(e.getMessage()).isEqualTo(code));
    }
}
