// SPDX-License-Identifier: Apache-2.0
package org.tidemark.recoverability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.tidemark.recoverability.Archives.SIZE;
import static org.tidemark.recoverability.Archives.at;
import static org.tidemark.recoverability.Archives.minute;
import static org.tidemark.recoverability.Archives.segment;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.IncarnationListing;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.backup.Mark.BackupMarks;
import org.tidemark.catalog.wal.WalInventory;
import org.tidemark.catalog.wal.WalInventory.TimelineInventory;
import org.tidemark.core.ClusterName;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.RecoveryTarget.Bound;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.recoverability.BackupCandidate.TablespacePlace;
import org.tidemark.recoverability.RecoverableIntervals.Interval;
import org.tidemark.recoverability.RecoverableIntervals.Reason;
import org.tidemark.recoverability.RecoverableIntervals.Unreachable;
import org.tidemark.testkit.Rounds;

class RecoverableIntervalsTest {
    private static RecoverableIntervals of(Archives archives) {
        return RecoverableIntervals.of(archives.build());
    }

    @Test
    void oneTimelineWithAllItsWalIsOneInterval() {
        RecoverableIntervals found =
                of(new Archives().wal(1, 1, 40).backup("A", 1, 5).backup("B", 1, 15));

        assertThat(found.latest()).contains(Timeline.FIRST);
        assertThat(found.unreachable()).isEmpty();
        assertThat(found.problems()).isEmpty();
        Interval only = found.intervals().getFirst();
        assertThat(found.toLatest()).contains(only);
        assertThat(only.from()).isEqualTo(minute(5));
        assertThat(only.begin()).isEqualTo(at(5, 0x1000));
        assertThat(only.end()).isEqualTo(at(41, 0));
        assertThat(only.last()).isEqualTo(segment(1, 40));
        assertThat(only.lastStored()).contains(minute(40));
    }

    @Test
    void aHoleEndsAnIntervalAndTheNextBackupBeginsOne() {
        RecoverableIntervals found =
                of(new Archives().wal(1, 1, 10).wal(1, 12, 40).backup("A", 1, 5).backup("B", 1, 15));

        assertThat(found.intervals())
                .extracting(each -> each.backup().id(), Interval::end)
                .containsExactly(tuple("A", at(11, 0)), tuple("B", at(41, 0)));
        assertThat(found.unreachable())
                .containsExactly(new Unreachable(segment(1, 12), segment(1, 14), 3, Reason.HOLE));
        assertThat(found.problems()).isEmpty();
    }

    @Test
    void walLevelMinimalEndsAnIntervalInsideOfItsSegmentAndTheNextBackupBeginsOne() {
        Archives archives = new Archives().wal(1, 1, 40).backup("A", 1, 5).minimal(1, at(11, 0x700));

        RecoverableIntervals lost = of(archives);
        RecoverableIntervals found = of(archives.backup("B", 1, 15));

        assertThat(lost.intervals()).extracting(Interval::end).containsExactly(at(11, 0x700));
        assertThat(lost.unreachable())
                .containsExactly(new Unreachable(segment(1, 12), segment(1, 40), 29, Reason.MINIMAL));
        assertThat(lost.toLatest()).isEmpty();
        assertThat(lost.problems())
                .singleElement()
                .satisfies(
                        problem -> assertThat(problem.message()).contains("wal_level = minimal from " + at(11, 0x700)));
        assertThat(found.intervals())
                .extracting(each -> each.backup().id(), Interval::last, Interval::end)
                .containsExactly(tuple("A", segment(1, 11), at(11, 0x700)), tuple("B", segment(1, 40), at(41, 0)));
        assertThat(found.unreachable())
                .containsExactly(new Unreachable(segment(1, 12), segment(1, 14), 3, Reason.MINIMAL));
        assertThat(found.problems()).isEmpty();
    }

    /** What a recovery to a time passes is known where it ends in a later segment. */
    @Test
    void aRecoveryToATargetBeforeWalLevelMinimalIsNoProblem() {
        CatalogSnapshot catalog = new Archives()
                .wal(1, 1, 40)
                .backup("A", 1, 5)
                .minimal(1, at(11, 0x700))
                .build();

        assertThat(problems(catalog, new RecoveryTarget.AtLsn(at(11, 0x700), Bound.EXCLUSIVE)))
                .isEmpty();
        assertThat(problems(catalog, new RecoveryTarget.AtLsn(at(11, 0x700), Bound.INCLUSIVE)))
                .hasSize(1);
        assertThat(problems(catalog, new RecoveryTarget.Immediate())).isEmpty();
        assertThat(problems(catalog, new RecoveryTarget.AtTime(minute(9), Bound.INCLUSIVE)))
                .isEmpty();
        assertThat(problems(catalog, new RecoveryTarget.AtTime(minute(20), Bound.INCLUSIVE)))
                .hasSize(1);
    }

    private static List<PlanFinding> problems(CatalogSnapshot catalog, RecoveryTarget target) {
        return new RecoveryPlanner()
                .plan(new RecoveryRequest(target, TimelineChoice.LATEST, Optional.empty()), catalog)
                .problems();
    }

    @Test
    void whereTablespacesLieIsNoProblemOfTheArchive() {
        RecoverableIntervals found = of(new Archives()
                .wal(1, 1, 40)
                .backupWithTablespaces("A", 5, new TablespacePlace(16384, Optional.empty(), "/mnt/fast", 100)));

        assertThat(found.problems()).isEmpty();
        assertThat(found.toLatest()).isPresent();
    }

    @Test
    void aHoleAfterTheNewestBackupIsAProblem() {
        RecoverableIntervals found =
                of(new Archives().wal(1, 1, 10).wal(1, 12, 40).backup("A", 1, 5));

        assertThat(found.toLatest()).isEmpty();
        assertThat(found.problems())
                .singleElement()
                .satisfies(problem ->
                        assertThat(problem.message()).contains(segment(1, 11).name()));
        assertThat(found.unreachable())
                .containsExactly(new Unreachable(segment(1, 12), segment(1, 40), 29, Reason.HOLE));
    }

    @Test
    void walOfATimelineWithoutItsHistoryCannotBeReached() {
        RecoverableIntervals found =
                of(new Archives().wal(1, 1, 30).wal(2, 20, 28).backup("A", 1, 5).backup("B", 2, 22));

        assertThat(found.unreachable())
                .containsExactly(new Unreachable(segment(2, 20), segment(2, 28), 9, Reason.NO_HISTORY));
        assertThat(found.problems()).isNotEmpty();
        assertThat(found.intervals()).allMatch(each -> each.timeline().equals(Timeline.FIRST));
    }

    @Test
    void aTimelineToWhichNoBackupLeadsCannotBeReached() {
        RecoverableIntervals found = of(new Archives()
                .wal(1, 1, 30)
                .wal(2, 3, 28)
                .history(2, "1\t" + at(3, 0x500000) + "\tx\n")
                .backup("A", 1, 5));

        assertThat(found.unreachable())
                .containsExactly(new Unreachable(segment(2, 3), segment(2, 28), 26, Reason.NO_BACKUP));
    }

    @Test
    void theAbandonedEndOfATimelineIsReachedWithItsNumber() {
        RecoverableIntervals found = of(new Archives()
                .wal(1, 1, 22)
                .wal(2, 20, 28)
                .history(2, "1\t" + at(20, 0x500000) + "\tx\n")
                .promoted(2, 23)
                .backup("A", 1, 5));

        assertThat(found.latest()).contains(new Timeline(2));
        assertThat(found.intervals())
                .extracting(Interval::timeline, Interval::last)
                .containsExactly(tuple(new Timeline(2), segment(2, 28)), tuple(Timeline.FIRST, segment(1, 22)));
    }

    /** Right after a promotion only the history is archived, and the last segment of the old timeline leads there. */
    @Test
    void aTimelineWithoutASegmentReachesAsFarAsTheOneThatItLeft() {
        RecoverableIntervals found = of(new Archives()
                .wal(1, 1, 20)
                .history(2, "1\t" + at(20, 0x500000) + "\tx\n")
                .backup("A", 1, 5));

        assertThat(found.intervals())
                .extracting(Interval::timeline, Interval::last, Interval::lastStored)
                .contains(tuple(new Timeline(2), segment(1, 20), Optional.of(minute(20))));
    }

    @Test
    void aPartialSegmentThatHoldsNoMoreThanTheChildIsNoIntervalOfItsOwn() {
        Archives archives = new Archives()
                .wal(1, 1, 19)
                .wal(2, 20, 28)
                .history(2, "1\t" + at(20, 0x500100) + "\tx\n")
                .backup("A", 1, 5);

        assertThat(of(archives.partial(1, 20, at(20, 0x502000))).intervals()).hasSize(1);
        assertThat(of(archives.partial(1, 20, at(20, 0x504000))).intervals())
                .extracting(Interval::timeline, Interval::end)
                .containsExactly(tuple(new Timeline(2), at(29, 0)), tuple(Timeline.FIRST, at(20, 0x504000)));
    }

    @Test
    void theUnionOfTwoRepositoriesIsWholeWhereEachHasAHole() {
        CatalogSnapshot first =
                new Archives().wal(1, 1, 10).wal(1, 12, 40).backup("A", 1, 5).build("local");
        CatalogSnapshot second = new Archives()
                .wal(1, 1, 20)
                .wal(1, 22, 40)
                .backup("A", 1, 5)
                .backup("B", 1, 30)
                .build("offsite");

        CatalogSnapshot both = CatalogSnapshot.union(SIZE, List.of(first, second));

        assertThat(RecoverableIntervals.of(first).toLatest()).isEmpty();
        assertThat(RecoverableIntervals.of(both).toLatest()).isPresent();
        assertThat(both.backups())
                .extracting(BackupCandidate::id, BackupCandidate::repositories)
                .containsExactly(tuple("A", List.of("local", "offsite")), tuple("B", List.of("offsite")));
    }

    @Test
    void aBackupThatVerifyFoundDamagedIsNotCountedOn() {
        RecoverableIntervals alone =
                of(new Archives().wal(1, 1, 40).backup("A", 1, 5).verifiedBroken());

        assertThat(alone.toLatest()).isEmpty();
        assertThat(alone.intervals()).isEmpty();
        assertThat(alone.problems())
                .singleElement()
                .satisfies(problem -> assertThat(problem.message()).contains("verify found 2 problems"));

        RecoverableIntervals older = of(new Archives()
                .wal(1, 1, 40)
                .backup("A", 1, 5)
                .backup("B", 1, 15)
                .verifiedBroken());

        assertThat(older.toLatest()).isPresent();
        assertThat(older.intervals())
                .singleElement()
                .satisfies(each -> assertThat(each.backup().id()).isEqualTo("A"));
    }

    @Test
    void theWalOfABackupIsLookedForInAllRepositories() {
        CatalogSnapshot local = new Archives().wal(1, 1, 4).backup("A", 1, 5).build("local");
        CatalogSnapshot offsite = new Archives().wal(1, 5, 9).build("offsite");
        BackupCandidate backup = local.backups().getFirst();

        assertThat(local.missingWal(backup))
                .hasValueSatisfying(problem ->
                        assertThat(problem).contains(Archives.segment(1, 5).name()));
        assertThat(CatalogSnapshot.union(SIZE, List.of(local, offsite)).missingWal(backup))
                .isEmpty();
    }

    /** A history that was copied to where it is, was stored there later than its timeline began. */
    @Test
    void whenACopiedTimelineBeganIsWhatItsMarkSays() {
        Timeline second = new Timeline(2);
        TimelineInventory copied = new TimelineInventory(
                second,
                List.of(),
                List.of(),
                List.of(),
                Optional.empty(),
                Optional.of(Archives.minute(30)),
                Optional.empty());
        BackupMarks marks =
                new BackupMarks(Map.of("wal", List.of(new Mark.Begun(Archives.minute(20), second))), List.of());

        CatalogSnapshot catalog = CatalogSnapshot.of(
                "offsite",
                IncarnationListing.of(
                        new ClusterIdentity(new ClusterName("main"), new SystemIdentifier(1), SIZE, 8192, 15),
                        new WalInventory(List.of(copied)),
                        List.of(),
                        marks));

        assertThat(catalog.begun(second)).contains(Archives.minute(20));
    }

    /** What is called reachable can be planned, and what is not cannot: with the number of its timeline. */
    @Test
    void thePlannerAgrees() {
        RandomArchives random = new RandomArchives(Rounds.random());
        for (int round = 0; round < Rounds.of(60, 10_000); round++) {
            CatalogSnapshot catalog = random.next().build();
            RecoverableIntervals found = RecoverableIntervals.of(catalog);
            for (int timeline = 1; timeline <= 4; timeline++) {
                Timeline number = new Timeline(timeline);
                for (long index = 0; index < 20; index++) {
                    for (long bytes : new long[] {0x800, 0x40000}) {
                        agrees(catalog, found, number, index, bytes);
                    }
                }
            }
            Optional<Interval> latest = found.toLatest();
            assertThat(latest.isPresent()).isEqualTo(found.problems().isEmpty());
        }
    }

    private static void agrees(
            CatalogSnapshot catalog, RecoverableIntervals found, Timeline timeline, long index, long bytes) {
        RecoveryRequest request = new RecoveryRequest(
                new RecoveryTarget.AtLsn(at(index, bytes), Bound.EXCLUSIVE),
                new TimelineChoice.Numbered(timeline),
                Optional.empty());
        boolean planned =
                new RecoveryPlanner().plan(request, catalog).problems().isEmpty();
        boolean called = found.intervals().stream()
                .filter(each -> each.timeline().equals(timeline))
                .anyMatch(each -> !at(index, bytes).isBefore(each.begin())
                        && at(index, bytes).isBefore(each.end()));
        if (called) {
            assertThat(planned)
                    .as("timeline %s, %s", timeline, at(index, bytes))
                    .isTrue();
        }
        // Of another timeline only what leaves the path of the latest one is listed.
        if (planned && found.latest().filter(timeline::equals).isPresent()) {
            assertThat(called).as("timeline %s, %s", timeline, at(index, bytes)).isTrue();
        }
    }
}
