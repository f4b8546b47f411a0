// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.wal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.Samples;
import org.tidemark.catalog.layout.StoredPartial;
import org.tidemark.catalog.wal.WalInventory.TimelineInventory;
import org.tidemark.catalog.wal.WalInventory.WalRun;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalRange;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.store.ByteRange;
import org.tidemark.store.DelegatingStore;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;

class WalInventoryTest {
    private static final WalSegmentSize SIZE = Samples.IDENTITY.walSegmentSize();
    private static final String PREFIX = "main/7312089945514410/";

    private final ObjectStore store = new MemoryStore(Samples.CLOCK);

    @BeforeEach
    void register() throws IOException {
        Repository.create(store, Samples.CLOCK).register(Samples.IDENTITY, Samples.CLOCK);
    }

    @Test
    void anEmptyArchiveHasNoTimelines() throws IOException {
        assertThat(inventory().timelines()).isEmpty();
    }

    @Test
    void aRunWithoutAGapIsOneRunAcrossLogsAndPages() throws IOException {
        archive(1, 0xF0, 0xF0 + 2_500);

        TimelineInventory timeline = inventory().timeline(Timeline.FIRST).orElseThrow();

        assertThat(timeline.runs()).hasSize(1);
        assertThat(timeline.segments()).isEqualTo(2_501);
        assertThat(timeline.storedBytes()).isEqualTo(2_501 * 3L);
        assertThat(timeline.runs().getFirst().firstStored()).isEqualTo(Samples.CLOCK.instant());
        assertThat(timeline.holes()).isEmpty();
    }

    @Test
    void aMissingSegmentBetweenTwoIsAHole() throws IOException {
        archive(1, 0xFE, 0xFE);
        archive(1, 0x101, 0x103);
        archive(1, 0x105, 0x105);

        assertThat(holes())
                .containsExactly(
                        "0000000100000000000000FF..000000010000000100000000 (2)",
                        "000000010000000100000004..000000010000000100000004 (1)");
        assertThat(inventory().contains(segment(1, 0x102))).isTrue();
        assertThat(inventory().contains(segment(1, 0x104))).isFalse();
        assertThat(inventory().contains(segment(2, 0x102))).isFalse();
    }

    @Test
    void whatWasRemovedOnPurposeIsNoHoleAndItsNeighboursAre() throws IOException {
        archive(1, 1, 2);
        archive(1, 20, 21);
        wal().gaps().noteRemoval(removed(1, 5, 9));
        wal().gaps().noteRemoval(removed(2, 3, 19));

        assertThat(holes())
                .containsExactly(
                        "000000010000000000000003..000000010000000000000004 (2)",
                        "00000001000000000000000A..000000010000000000000013 (10)");

        wal().gaps().noteRemoval(removed(1, 3, 19));

        assertThat(holes()).isEmpty();
    }

    @Test
    void rangesThatWereRemovedAndTouchBecomeOne() throws IOException {
        for (RemovedWal each : List.of(removed(1, 8, 9), removed(1, 3, 5), removed(2, 6, 7))) {
            wal().gaps().noteRemoval(each);
        }
        wal().gaps().joinRemovals(Instant.MAX);
        assertThat(wal().gaps().removed()).containsExactly(removed(1, 3, 5), removed(1, 8, 9), removed(2, 6, 7));

        wal().gaps().noteRemoval(removed(1, 6, 7));
        wal().gaps().joinRemovals(Instant.MAX);
        assertThat(wal().gaps().removed()).containsExactly(removed(1, 3, 9), removed(2, 6, 7));

        wal().gaps().noteRemoval(removed(1, 1, 9));
        wal().gaps().noteRemoval(removed(1, 4, 4));
        wal().gaps().joinRemovals(Instant.MAX);
        assertThat(wal().gaps().removed()).containsExactly(removed(1, 1, 9), removed(2, 6, 7));

        wal().gaps().retractRemoval(removed(2, 6, 7));
        assertThat(wal().gaps().removed()).containsExactly(removed(1, 1, 9));
    }

    /** Otherwise the WAL would be reported as lost. */
    @Test
    void rangesThatBecomeOneWhileTheyAreReadAreStillKnown() throws IOException {
        archive(1, 1, 2);
        archive(1, 7, 8);
        wal().gaps().noteRemoval(removed(1, 3, 4));
        wal().gaps().noteRemoval(removed(1, 5, 6));
        ObjectStore joining = new DelegatingStore(store) {
            @Override
            public InputStream open(ObjectKey key, ByteRange range) throws StorageException {
                if (key.value().startsWith(Samples.IDENTITY.keys().gaps())) {
                    try {
                        wal().gaps().joinRemovals(Instant.MAX);
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                }
                return super.open(key, range);
            }
        };

        WalInventory inventory = wal(joining).inventory();

        assertThat(inventory.holes()).isEmpty();
        assertThat(inventory.removed()).containsExactly(removed(1, 3, 6));
    }

    @Test
    void aRemovalThatLiesWithinTheWalOfABackupHasWalOfIt() {
        WalRange range = new WalRange(
                Timeline.FIRST, segment(1, 4).start(SIZE), segment(1, 8).end(SIZE));

        assertThat(removed(1, 5, 6).overlaps(range, SIZE)).isTrue();
        assertThat(removed(1, 1, 20).overlaps(range, SIZE)).isTrue();
        assertThat(removed(1, 8, 9).overlaps(range, SIZE)).isTrue();
        assertThat(removed(1, 1, 3).overlaps(range, SIZE)).isFalse();
        assertThat(removed(1, 9, 9).overlaps(range, SIZE)).isFalse();
        assertThat(removed(2, 5, 6).overlaps(range, SIZE)).isFalse();
    }

    /** Stricter than to believe it: the hole is shown. */
    @Test
    void aRemovalThatCannotBeReadIsAHole() throws IOException {
        archive(1, 1, 2);
        archive(1, 4, 4);
        ObjectKey key = Samples.IDENTITY.keys().removedWal(segment(1, 3), segment(1, 3));
        store.putIfAbsent(key, ObjectSource.of("{}".getBytes(StandardCharsets.UTF_8)));

        assertThat(holes()).containsExactly("000000010000000000000003..000000010000000000000003 (1)");
    }

    @Test
    void aRunTellsHowMuchWalADayHas() {
        Instant noon = Instant.parse("2026-11-22T12:00:00Z");
        WalRun hour = new WalRun(segment(1, 1), segment(1, 5), 5, 100, noon, noon.plusSeconds(3600));
        WalRun moment = new WalRun(segment(1, 1), segment(1, 5), 5, 100, noon, noon.plusSeconds(59));

        assertThat(hour.bytesPerDay(SIZE)).hasValue(24L * 4 * SIZE.bytes());
        assertThat(moment.bytesPerDay(SIZE)).isEmpty();
    }

    private static RemovedWal removed(int timeline, long first, long last) {
        return new RemovedWal(segment(timeline, first), segment(timeline, last), Samples.CLOCK.instant(), "db1");
    }

    @Test
    void theSegmentOfTheSwitchIsNeededFromTheChildAlone() throws IOException {
        archive(1, 1, 4);
        history(2, "1\t0/5800000\tx");
        archive(2, 5, 9);

        assertThat(holes()).isEmpty();
    }

    @Test
    void whatIsMissingOnBothSidesOfASwitchIsAHoleOfEach() throws IOException {
        archive(1, 1, 2);
        history(2, "1\t0/5800000\tx");
        archive(2, 7, 9);

        assertThat(holes())
                .containsExactly(
                        "000000010000000000000003..000000010000000000000004 (2)",
                        "000000020000000000000005..000000020000000000000006 (2)");
    }

    @Test
    void aSwitchAtABoundaryLeavesTheWholeSegmentToTheChild() throws IOException {
        archive(1, 1, 4);
        history(2, "1\t0/5000000\tx");
        archive(2, 5, 5);

        assertThat(holes()).isEmpty();
    }

    @Test
    void anArchiveThatBeganOnALaterTimelineHasNoHoleBefore() throws IOException {
        history(3, "1\t0/5800000\tx", "2\t0/9000000\ty");
        archive(3, 0x20, 0x22);

        assertThat(holes()).isEmpty();
    }

    @Test
    void anAncestorOfWhichNothingIsArchivedIsAHoleAsAWhole() throws IOException {
        archive(1, 1, 4);
        history(3, "1\t0/5800000\tx", "2\t0/9000000\ty");
        archive(3, 9, 9);

        assertThat(holes()).containsExactly("000000020000000000000005..000000020000000000000008 (4)");
    }

    @Test
    void anAncestorThatWasPassedWithinOneSegmentNeedsNothing() throws IOException {
        archive(1, 1, 4);
        history(3, "1\t0/5800000\tx", "2\t0/5900000\ty");
        archive(3, 5, 6);

        assertThat(holes()).isEmpty();
    }

    @Test
    void aParentThatWentOnAfterTheSwitchHasItsOwnHolesOnly() throws IOException {
        archive(1, 1, 7);
        archive(1, 9, 9);
        history(2, "1\t0/5800000\tx");
        archive(2, 5, 5);

        assertThat(holes()).containsExactly("000000010000000000000008..000000010000000000000008 (1)");
    }

    @Test
    void twoChildrenThatNeedTheSameMissingSegmentsCountThemOnce() throws IOException {
        archive(1, 1, 2);
        history(2, "1\t0/5800000\tx");
        archive(2, 5, 5);
        history(3, "1\t0/7800000\tx");
        archive(3, 7, 7);

        assertThat(holes()).containsExactly("000000010000000000000003..000000010000000000000006 (4)");
    }

    @Test
    void aTimelineWithoutItsHistoryIsShownWithoutOne() throws IOException {
        archive(2, 5, 5);
        archive(1, 1, 1);

        TimelineInventory timeline = inventory().timeline(new Timeline(2)).orElseThrow();

        assertThat(timeline.history()).isEmpty();
        assertThat(timeline.historyProblem()).isEmpty();
        assertThat(holes()).isEmpty();
    }

    @Test
    void aDamagedHistoryIsShownAndDoesNotHideTheRest() throws IOException {
        archive(2, 5, 5);
        store.putIfAbsent(new ObjectKey(PREFIX + "history/00000002.history"), ObjectSource.of(new byte[600]));

        TimelineInventory timeline = inventory().timeline(new Timeline(2)).orElseThrow();

        assertThat(timeline.segments()).isEqualTo(1);
        assertThat(timeline.historyProblem())
                .hasValueSatisfying(text -> assertThat(text).contains("is damaged"));
    }

    @Test
    void partialSegmentsAndBackupHistoryFilesAreNoSegments() throws IOException {
        archive(1, 1, 1);
        WalFile.PartialSegment partial = new WalFile.PartialSegment(segment(1, 2));
        Lsn end = Lsn.parse("0/2002000");
        wal().put(partial, end, Samples.encoded(partial, new byte[3]));
        WalFile.BackupHistoryFile backup = new WalFile.BackupHistoryFile(segment(1, 1), 0x28);
        wal().put(backup, Samples.encoded(backup, new byte[3]));

        TimelineInventory timeline = inventory().timeline(Timeline.FIRST).orElseThrow();

        assertThat(timeline.segments()).isEqualTo(1);
        assertThat(timeline.partials()).extracting(StoredPartial::end).containsExactly(end);
    }

    private List<String> holes() throws IOException {
        return inventory().holes().stream()
                .map(hole -> hole.first() + ".." + hole.last() + " (" + hole.count() + ")")
                .toList();
    }

    private WalInventory inventory() throws IOException {
        return wal().inventory();
    }

    private WalArchive wal() throws IOException {
        return wal(store);
    }

    private static WalArchive wal(ObjectStore store) throws IOException {
        return Repository.create(store, Samples.CLOCK)
                .incarnation(Samples.IDENTITY.cluster(), Samples.SYSTEM)
                .orElseThrow()
                .wal();
    }

    /** Stores segments whose content does not matter here. */
    private void archive(int timeline, long from, long to) throws IOException {
        for (long index = from; index <= to; index++) {
            store.putIfAbsent(
                    Samples.IDENTITY.keys().of(segment(timeline, index)), ObjectSource.of(new byte[] {1, 2, 3}));
        }
    }

    private void history(int timeline, String... lines) throws IOException {
        WalFile.TimelineHistoryFile file = new WalFile.TimelineHistoryFile(new Timeline(timeline));
        byte[] content = (String.join("\n", Arrays.asList(lines)) + "\n").getBytes(StandardCharsets.UTF_8);
        wal().put(file, Samples.encoded(file, content));
    }

    private static WalFile.Segment segment(int timeline, long index) {
        return WalFile.Segment.of(new Timeline(timeline), index, SIZE);
    }
}
