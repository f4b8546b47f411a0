// SPDX-License-Identifier: Apache-2.0
package org.tidemark.recoverability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.tidemark.recoverability.Archives.at;
import static org.tidemark.recoverability.Archives.minute;
import static org.tidemark.recoverability.Archives.segment;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.wal.WalInventory.WalHole;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.recoverability.LostInterval.Positions;

class LostIntervalTest {
    private static final Timeline SECOND = new Timeline(2);

    private static Archives one() {
        return new Archives().wal(1, 1, 40).backup("A", 1, 5).backup("B", 1, 15).backup("C", 1, 30);
    }

    /** Timeline 2 leaves timeline 1 in segment 20. */
    private static Archives two() {
        return one().wal(2, 20, 50)
                .history(2, "1\t" + at(20, 0x500000) + "\tx\n")
                .backup("D", 2, 35);
    }

    private static List<LostInterval> withoutSegments(Archives archives, int timeline, long first, long last) {
        CatalogSnapshot whole = archives.build();
        Set<Segment> lost = new HashSet<>();
        for (long index = first; index <= last; index++) {
            lost.add(segment(timeline, index));
        }
        return between(whole, whole.without(lost, Set.of(), any -> false));
    }

    private static List<LostInterval> withoutBackups(Archives archives, String... ids) {
        CatalogSnapshot whole = archives.build();
        return between(
                whole, whole.without(Set.of(), Set.of(), each -> List.of(ids).contains(each.id())));
    }

    private static List<LostInterval> between(CatalogSnapshot whole, CatalogSnapshot real) {
        return LostInterval.between(
                whole, real, segment -> whole.wal().of(segment.timeline()).stored(segment.index(Archives.SIZE)), 100);
    }

    @Test
    void aDamagedSegmentCostsAllMomentsUpToTheNextBackup() {
        assertThat(withoutSegments(one(), 1, 20, 21))
                .containsExactly(new LostInterval(
                        Timeline.FIRST, at(20, 0), at(30, 0x1000), Optional.of(minute(19)), Optional.of(minute(30))));
    }

    @Test
    void aDamagedSegmentAfterTheLastBackupCostsAllThatFollows() {
        assertThat(withoutSegments(one(), 1, 38, 38))
                .containsExactly(new LostInterval(
                        Timeline.FIRST, at(38, 0), at(41, 0), Optional.of(minute(37)), Optional.of(minute(40))));
    }

    @Test
    void aDamagedSegmentFromBeforeEveryBackupCostsNothing() {
        assertThat(withoutSegments(one(), 1, 2, 3)).isEmpty();
    }

    @Test
    void theFirstBackupCostsTheMomentsUpToTheSecond() {
        assertThat(withoutBackups(one(), "A"))
                .containsExactly(new LostInterval(
                        Timeline.FIRST,
                        at(5, 0x1000),
                        at(15, 0x1000),
                        Optional.of(minute(5)),
                        Optional.of(minute(15))));
        assertThat(withoutBackups(one(), "B"))
                .as("the first one leads to all moments")
                .isEmpty();
        assertThat(withoutBackups(one(), "A", "B", "C")).singleElement().satisfies(lost -> {
            assertThat(lost.begin()).isEqualTo(at(5, 0x1000));
            assertThat(lost.end()).isEqualTo(at(41, 0));
        });
    }

    @Test
    void walOfAParentCostsItsChildrenOnlyWhatTheyShare() {
        assertThat(withoutSegments(two(), 1, 25, 25)).singleElement().satisfies(lost -> {
            assertThat(lost.timeline()).isEqualTo(Timeline.FIRST);
            assertThat(lost.begin()).isEqualTo(at(25, 0));
            assertThat(lost.end()).isEqualTo(at(30, 0x1000));
        });
        assertThat(withoutSegments(two(), 1, 18, 18))
                .extracting(LostInterval::timeline, LostInterval::begin, LostInterval::end)
                .containsExactly(
                        tuple(Timeline.FIRST, at(18, 0), at(30, 0x1000)),
                        tuple(SECOND, at(20, 0x500000), at(35, 0x1000)));
    }

    @Test
    void aHistoryCostsWhatItsTimelineWroteAndNothingOfItsParent() {
        CatalogSnapshot whole = two().build();

        assertThat(between(whole, whole.without(Set.of(), Set.of(SECOND), any -> false)))
                .singleElement()
                .satisfies(lost -> {
                    assertThat(lost.timeline()).isEqualTo(SECOND);
                    assertThat(lost.begin()).isEqualTo(at(20, 0x500000));
                    assertThat(lost.end()).isEqualTo(at(51, 0));
                });
    }

    @Test
    void aHistoryThatNobodyHasCostsTheWalOfItsTimeline() {
        CatalogSnapshot real = one().wal(2, 20, 50).build();

        assertThat(between(real, real))
                .containsExactly(new LostInterval(
                        SECOND, at(20, 0), at(51, 0), Optional.of(minute(20)), Optional.of(minute(50))));
    }

    @Test
    void anotherCatalogReachesThemOrNot() {
        CatalogSnapshot whole = one().build();
        LostInterval lost = withoutSegments(one(), 1, 20, 21).getFirst();

        assertThat(lost.isIn(Positions.reachedIn(whole))).isTrue();
        assertThat(lost.isIn(Positions.reachedIn(
                        new Archives().wal(1, 1, 25).backup("A", 1, 5).build())))
                .isFalse();
    }

    /** pg_resetwal may leave one of any size. */
    @Test
    void aHoleOfBillionsOfSegmentsCostsNoMemory() {
        long far = 1L << 33;
        CatalogSnapshot real = new Archives()
                .wal(1, 1, 10)
                .wal(1, far, far + 5)
                .backup("A", 1, 5)
                .build();

        assertThat(between(
                        real.withSegments(List.of(
                                new WalHole(segment(1, 11), segment(1, far - 1), far - 11),
                                new WalHole(segment(1, 9), segment(1, 12), 4))),
                        real))
                .singleElement()
                .satisfies(lost -> {
                    assertThat(lost.begin()).isEqualTo(at(11, 0));
                    assertThat(lost.end()).isEqualTo(at(far + 6, 0));
                });
    }
}
