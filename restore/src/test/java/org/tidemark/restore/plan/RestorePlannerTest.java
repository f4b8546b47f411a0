// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tidemark.recoverability.Archives.at;
import static org.tidemark.recoverability.Archives.minute;
import static org.tidemark.recoverability.Archives.segment;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.RecoveryTarget.Action;
import org.tidemark.core.RecoveryTarget.Bound;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.UtcTime;
import org.tidemark.postgres.wal.RestorePoint;
import org.tidemark.postgres.wal.change.EndOfTransaction;
import org.tidemark.recoverability.Archives;
import org.tidemark.recoverability.BackupCandidate.TablespacePlace;
import org.tidemark.recoverability.CatalogSnapshot;
import org.tidemark.recoverability.FoundTransaction;
import org.tidemark.recoverability.PassedTarget;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.recoverability.PlanFinding.Severity;
import org.tidemark.recoverability.RequiredWal;
import org.tidemark.recoverability.RestorePoints;
import org.tidemark.recoverability.SkippedBackups;
import org.tidemark.recoverability.TimelineChoice;
import org.tidemark.restore.plan.RestorePlan.Chosen;
import org.tidemark.restore.plan.RestorePlan.TargetDirectory;
import org.tidemark.restore.request.RestoreRequest;
import org.tidemark.restore.request.Role;

class RestorePlannerTest {
    private static final Path DIRECTORY = Path.of("/pg/restored");
    private static final RecoveryTarget LATEST = new RecoveryTarget.Latest();

    private final RestorePlanner planner = new RestorePlanner();

    /** Three backups on one timeline, all the WAL. */
    private static Archives plain() {
        return new Archives().wal(1, 1, 40).backup("A", 1, 5).backup("B", 1, 15).backup("C", 1, 25);
    }

    /** Timeline 1 ended within segment 20; the old primary went on to 30; backup X is of its abandoned part. */
    private static Archives failover() {
        return new Archives()
                .wal(1, 1, 30)
                .wal(2, 20, 28)
                .history(2, "1\t" + at(20, 0x500000) + "\tno recovery target specified\n")
                .backup("A", 1, 5)
                .backup("B", 1, 15)
                .backup("X", 1, 25)
                .backup("C", 2, 22);
    }

    private Chosen chosen(Archives archives, RecoveryTarget target) {
        return chosen(archives, RestoreRequest.of(DIRECTORY, target));
    }

    private Chosen chosen(Archives archives, RestoreRequest request) {
        RestorePlan plan = planner.plan(request, archives.build());
        assertThat(plan.problems()).isEmpty();
        return (Chosen) plan;
    }

    private PlanFinding problem(Archives archives, RecoveryTarget target) {
        return problem(archives, RestoreRequest.of(DIRECTORY, target));
    }

    private PlanFinding problem(Archives archives, RestoreRequest request) {
        RestorePlan plan = planner.plan(request, archives.build());
        assertThat(plan.problems()).isNotEmpty();
        return plan.problems().getFirst();
    }

    private static RecoveryTarget time(long minute) {
        return new RecoveryTarget.AtTime(minute(minute), Bound.INCLUSIVE);
    }

    private static RecoveryTarget lsn(Lsn lsn) {
        return new RecoveryTarget.AtLsn(lsn, Bound.INCLUSIVE);
    }

    private static RecoveryTarget xid(long xid) {
        return new RecoveryTarget.AtXid(xid, Bound.INCLUSIVE);
    }

    @Test
    void latestTakesTheNewestBackupAndAllTheWalAfterIt() {
        Chosen plan = chosen(plain(), LATEST);

        assertThat(plan.backup().id()).isEqualTo("C");
        assertThat(plan.wal().runs()).containsExactly(new RequiredWal.Run(segment(1, 25), segment(1, 40)));
        assertThat(plan.wal().segments()).isEqualTo(16);
        assertThat(plan.wal().storedBytes()).isEqualTo(16_000);
        assertThat(plan.timeline()).isEqualTo(Timeline.FIRST);
    }

    @Test
    void latestPromotesAndATargetPausesUnlessAskedOtherwise() {
        assertThat(new Role.Recovery(LATEST, Optional.empty()).action()).isEqualTo(Action.PROMOTE);
        assertThat(new Role.Recovery(time(3), Optional.empty()).action()).isEqualTo(Action.PAUSE);
        assertThat(new Role.Recovery(time(3), Optional.of(Action.SHUTDOWN)).action())
                .isEqualTo(Action.SHUTDOWN);
        assertThat(new Role.Recovery(LATEST, Optional.of(Action.SHUTDOWN)).action())
                .as("without a target PostgreSQL promotes, and the next steps must say so")
                .isEqualTo(Action.PROMOTE);
    }

    @Test
    void immediateNeedsOnlyTheWalOfTheBackup() {
        Chosen plan = chosen(plain(), new RecoveryTarget.Immediate());

        assertThat(plan.backup().id()).isEqualTo("C");
        assertThat(plan.wal().runs()).containsExactly(new RequiredWal.Run(segment(1, 25), segment(1, 25)));
    }

    @Test
    void aBackupNamedByTheOperatorIsTaken() {
        Chosen plan = chosen(plain(), RestoreRequest.of(DIRECTORY, LATEST).withBackup("A"));

        assertThat(plan.backup().id()).isEqualTo("A");
        assertThat(plan.wal().runs()).containsExactly(new RequiredWal.Run(segment(1, 5), segment(1, 40)));
    }

    @Test
    void aBackupThatDoesNotExistIsRefused() {
        PlanFinding problem =
                problem(plain(), RestoreRequest.of(DIRECTORY, LATEST).withBackup("Z"));

        assertThat(problem.exitCode()).isEqualTo(ExitCode.NO_BACKUP);
        assertThat(problem.message()).isEqualTo("there is no backup 'Z'");
    }

    @Test
    void anEmptyRepositoryHasNoBackup() {
        RestorePlan plan = planner.plan(
                RestoreRequest.of(DIRECTORY, LATEST),
                new Archives().wal(1, 1, 3).build());

        assertThatThrownBy(plan::orThrow)
                .isInstanceOfSatisfying(
                        UserFacingException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.NO_BACKUP));
    }

    @Test
    void aTimeTakesTheNewestBackupThatEndedBeforeIt() {
        Chosen plan = chosen(plain(), time(20));

        assertThat(plan.backup().id()).isEqualTo("B");
        assertThat(plan.wal().runs()).containsExactly(new RequiredWal.Run(segment(1, 15), segment(1, 20)));
    }

    @Test
    void aTimeAtTheVeryEndOfABackupFitsIt() {
        assertThat(chosen(plain(), time(15)).backup().id()).isEqualTo("B");
    }

    @Test
    void aTimeBeforeEveryBackupIsRefusedWithTheNearest() {
        PlanFinding problem = problem(plain(), time(4));

        assertThat(problem.exitCode()).isEqualTo(ExitCode.TARGET_UNREACHABLE);
        assertThat(problem.hint()).contains("2026-11-20 00:05:00Z");
    }

    @Test
    void aTimeAfterTheArchivedWalIsRefused() {
        PlanFinding problem = problem(plain(), time(41));

        assertThat(problem.exitCode()).isEqualTo(ExitCode.TARGET_UNREACHABLE);
        assertThat(problem.message()).contains("newest segment was stored at 2026-11-20 00:40:00Z");
    }

    /** As in a repository that sync has filled: its WAL ends at minute 40, and was stored two hours later. */
    @Test
    void timesOfACopyDoNotShowThatATargetIsReached() {
        Archives copied = new Archives().walStored(1, 1, 40, 120).backup("A", 1, 5);

        assertThat(chosen(copied, time(50)).findings())
                .anyMatch(each -> each.severity() == Severity.WARNING
                        && each.message().contains("got its WAL long after it was written"));
        assertThat(chosen(copied.backup("B", 1, 20), time(15)).findings())
                .noneMatch(each -> each.message().contains("got its WAL long after"));
    }

    @Test
    void aStoreWhoseClockIsBehindMakesNoMomentUnreachable() {
        Archives archives = new Archives().walStored(1, 1, 40, -10).backup("A", 1, 5);

        for (long minute : new long[] {31, 40, 45}) {
            Chosen plan = chosen(archives, time(minute));
            assertThat(plan.backup().id()).isEqualTo("A");
            assertThat(plan.wal().runs()).containsExactly(new RequiredWal.Run(segment(1, 5), segment(1, 40)));
            assertThat(plan.findings())
                    .anyMatch(each -> each.severity() == Severity.WARNING
                            && each.message().contains("the clock of the store was slow"));
        }
        assertThat(problem(archives, time(46)).exitCode()).isEqualTo(ExitCode.TARGET_UNREACHABLE);
    }

    /** The end of a backup and the segment with it are then dated up to a second apart. */
    @Test
    void aStoreThatKeepsWholeSecondsIsNotSlow() {
        Archives archives =
                new Archives().walStored(1, 1, 40, Duration.ofMillis(-900)).backup("A", 1, 5);

        assertThat(problem(archives, time(41)).exitCode()).isEqualTo(ExitCode.TARGET_UNREACHABLE);
    }

    @Test
    void aTimeBeforeTheEndOfTheNamedBackupIsRefused() {
        PlanFinding problem =
                problem(plain(), RestoreRequest.of(DIRECTORY, time(20)).withBackup("C"));

        assertThat(problem.exitCode()).isEqualTo(ExitCode.TARGET_UNREACHABLE);
        assertThat(problem.message()).contains("is earlier than the end of backup C");
    }

    @Test
    void aGapAfterTheTargetTimeDoesNotMatter() {
        Archives archives =
                new Archives().wal(1, 1, 10).wal(1, 12, 40).backup("A", 1, 5).backup("B", 1, 15);

        assertThat(chosen(archives, time(9)).backup().id()).isEqualTo("A");
    }

    @Test
    void aHoleBetweenTheTargetTimeAndTheNextBackupIsSaidSinceWalIsOftenStoredLate() {
        Archives archives =
                new Archives().wal(1, 1, 10).wal(1, 12, 40).backup("A", 1, 5).backup("B", 1, 15);

        assertThat(chosen(archives, time(9)).findings())
                .singleElement()
                .satisfies(finding -> assertThat(finding.severity()).isEqualTo(Severity.WARNING));
        assertThat(chosen(archives.backup("C", 1, 10), time(9)).findings()).isEmpty();
    }

    @Test
    void aHoleBeforeTheTargetTimeIsAProblemThatNamesIt() {
        Archives archives = new Archives().wal(1, 1, 10).wal(1, 12, 40).backup("A", 1, 5);

        PlanFinding problem = problem(archives, time(20));

        assertThat(problem.exitCode()).isEqualTo(ExitCode.WAL_MISSING);
        assertThat(problem.message())
                .isEqualTo("1 segment is not in the archive: " + segment(1, 11).name());
        assertThat(problem.hint()).contains("to before " + at(11, 0));
    }

    @Test
    void latestStartsAfterTheLastGapIfABackupIsThere() {
        Archives archives =
                new Archives().wal(1, 1, 10).wal(1, 12, 40).backup("A", 1, 5).backup("B", 1, 15);

        assertThat(chosen(archives, LATEST).backup().id()).isEqualTo("B");
    }

    @Test
    void latestAcrossAHoleIsRefused() {
        Archives archives = new Archives().wal(1, 1, 10).wal(1, 12, 40).backup("A", 1, 5);

        assertThat(problem(archives, LATEST).exitCode()).isEqualTo(ExitCode.WAL_MISSING);
    }

    @Test
    void aBackupWhoseOwnWalIsMissingCannotBeTaken() {
        Archives archives = new Archives().wal(1, 7, 8).backup("A", 1, 5);

        assertThat(problem(archives, new RecoveryTarget.Immediate()).hint())
                .contains("backup A cannot be made consistent");
    }

    @Test
    void manyHolesAreCountedAndTheFirstNamed() {
        Archives archives = new Archives().backup("A", 1, 2);
        for (int index = 2; index < 200; index += 2) {
            archives.wal(1, index, index);
        }

        RestorePlan plan = planner.plan(RestoreRequest.of(DIRECTORY, LATEST), archives.build());

        assertThat(((Chosen) plan).wal().missing()).isEqualTo(98);
        assertThat(((Chosen) plan).wal().holes()).hasSize(RequiredWal.MAX_NAMED_HOLES);
    }

    @Test
    void anLsnTakesTheNewestBackupThatEndedBeforeIt() {
        Chosen plan = chosen(plain(), lsn(at(15, 0x1000)));

        assertThat(plan.backup().id()).isEqualTo("B");
        assertThat(plan.wal().runs()).containsExactly(new RequiredWal.Run(segment(1, 15), segment(1, 15)));
        assertThat(chosen(plain(), lsn(at(15, 0xFFF))).backup().id()).isEqualTo("A");
    }

    @Test
    void anLsnBeforeEveryBackupIsRefusedWithTheNearest() {
        PlanFinding problem = problem(plain(), lsn(at(5, 0xFFF)));

        assertThat(problem.exitCode()).isEqualTo(ExitCode.TARGET_UNREACHABLE);
        assertThat(problem.hint()).contains("--target-lsn " + at(5, 0x1000));
    }

    @Test
    void anLsnAtTheEndOfTheArchivedWalIsRefused() {
        PlanFinding problem = problem(plain(), lsn(at(41, 0)));

        assertThat(problem.exitCode()).isEqualTo(ExitCode.TARGET_UNREACHABLE);
        assertThat(problem.message()).contains("which ends at " + at(41, 0));
        assertThat(chosen(plain(), lsn(at(40, 0xFFFFFF))).backup().id()).isEqualTo("C");
    }

    @Test
    void anXidTakesTheNewestBackupThatEndedBeforeItBegan() {
        assertThat(chosen(plain(), xid(15_000)).backup().id()).isEqualTo("B");
        assertThat(chosen(plain(), xid(14_999)).backup().id()).isEqualTo("A");
    }

    @Test
    void anXidOfLowBitsIsTakenForTheNearestToTheNewestKnown() {
        long round = 1L << 32;
        Archives archives = new Archives()
                .wal(1, 1, 40)
                .backup("A", 1, at(5, 40), at(5, 100), OptionalLong.of(3 * round - 100), 0)
                .backup("B", 1, at(15, 40), at(15, 100), OptionalLong.of(3 * round + 100), 0);

        assertThat(chosen(archives, xid(round - 50)).backup().id()).isEqualTo("A");
        assertThat(chosen(archives, xid(200)).backup().id()).isEqualTo("B");
        assertThat(chosen(archives, xid(3 * round + 100)).backup().id()).isEqualTo("B");
    }

    @Test
    void anXidBeforeEveryBackupIsRefusedUnlessABackupIsNamed() {
        assertThat(problem(plain(), xid(4_999)).exitCode()).isEqualTo(ExitCode.TARGET_UNREACHABLE);

        Chosen named = chosen(plain(), RestoreRequest.of(DIRECTORY, xid(4_999)).withBackup("A"));

        assertThat(named.findings())
                .anyMatch(each -> each.severity() == Severity.WARNING
                        && each.message().contains("it is not certain that transaction 4999 ended after backup A"));
    }

    @Test
    void aRestorePointTakesTheOldestBackupFromWhichAllTheWalIsThere() {
        Archives archives = new Archives()
                .wal(1, 1, 10)
                .wal(1, 12, 40)
                .backup("A", 1, 5)
                .backup("B", 1, 15)
                .backup("C", 1, 25);

        Chosen plan = chosen(archives, new RecoveryTarget.AtRestorePoint("before 5.0"));

        assertThat(plan.backup().id()).isEqualTo("B");
        assertThat(plan.reason()).contains("it is not known when the restore point was created");
    }

    @Test
    void aKnownRestorePointTakesTheNewestBackupWhoseRecoveryEndsThere() throws IOException {
        Archives archives = new Archives()
                .wal(1, 1, 40)
                .backup("A", 1, 5)
                .backup("B", 1, 15)
                .backup("C", 1, 25);
        RestorePoint early = point("before 5.0", 10);
        RestorePoint late = point("before 5.0", 20);
        RestorePoint other = point("other", 30);

        // While C was taken: PostgreSQL would stop there, before C is consistent.
        RestorePoint within = new RestorePoint("before 5.0", at(25, 0x100), minute(1));

        assertThat(reached(archives, 5, early, late, other)).isEqualTo("B " + late.end());
        assertThat(reached(archives, 5, early, other)).isEqualTo("A " + early.end());
        assertThat(reached(archives, 5, late, within, other)).isEqualTo("B " + late.end());
        assertThat(reached(archives, 5, within)).isEqualTo("B " + within.end());
        assertThat(reached(archives, 15, within)).isEqualTo("B " + within.end());
        assertThat(reached(archives, 25, within)).isEqualTo("nothing");
        assertThat(reached(archives, 5, other)).isEqualTo("nothing");
    }

    @Test
    void aRestorePointAfterAHoleIsAProblemThatNamesTheHole() throws IOException {
        CatalogSnapshot catalog =
                new Archives().wal(1, 1, 10).wal(1, 12, 40).backup("A", 1, 5).build();
        RestorePoints points = new RestorePoints("before 5.0", at(5, 0), List.of(point("before 5.0", 20)));

        RestorePlan plan = planner.plan(
                RestoreRequest.of(DIRECTORY, new RecoveryTarget.AtRestorePoint("before 5.0")),
                catalog,
                SkippedBackups.NONE,
                Optional.of(points),
                (ignored, paths) -> catalog.wal());

        assertThat(plan.findings()).anySatisfy(finding -> {
            assertThat(finding.severity()).isEqualTo(Severity.PROBLEM);
            assertThat(finding.exitCode()).isEqualTo(ExitCode.WAL_MISSING);
            assertThat(finding.message()).contains(segment(1, 11).name());
        });
    }

    @Test
    void aTimeWhosePlaceInTheWalIsKnownNeedsTheWalUpToThere() throws IOException {
        Archives archives = new Archives().wal(1, 1, 40).backup("A", 1, 5);

        Chosen plan =
                passing(archives, 10, new PassedTarget(Timeline.FIRST, OptionalLong.of(22), Optional.empty(), true));

        assertThat(plan.wal().runs()).containsExactly(new RequiredWal.Run(segment(1, 5), segment(1, 22)));
        assertThat(plan.findings()).isEmpty();
        assertThat(plan.recovery().archived().runs())
                .containsExactly(new RequiredWal.Run(segment(1, 5), segment(1, 40)));
    }

    @Test
    void aHoleBeforeThatPlaceIsAProblemAndOneAfterItIsNone() throws IOException {
        Archives archives = new Archives().wal(1, 1, 29).wal(1, 31, 40).backup("A", 1, 5);

        assertThat(passing(archives, 10, new PassedTarget(Timeline.FIRST, OptionalLong.of(31), Optional.empty(), true))
                        .problems())
                .singleElement()
                .satisfies(each ->
                        assertThat(each.message()).contains(segment(1, 30).name()));
        assertThat(passing(archives, 35, new PassedTarget(Timeline.FIRST, OptionalLong.of(29), Optional.empty(), true))
                        .findings())
                .as("the store gave the segments times that are too early")
                .isEmpty();
    }

    /** The segments after minute 30 hold no transaction. */
    @Test
    void aTimeAfterTheLastTransactionNeedsAllWalAndIsNotCertain() throws IOException {
        Archives archives = new Archives().wal(1, 1, 40).backup("A", 1, 5);
        Optional<Instant> last = Optional.of(minute(30));

        Chosen all = passing(archives, 35, new PassedTarget(Timeline.FIRST, OptionalLong.empty(), last, true));
        Chosen part = passing(archives, 35, new PassedTarget(Timeline.FIRST, OptionalLong.empty(), last, false));

        assertThat(all.wal().runs()).containsExactly(new RequiredWal.Run(segment(1, 5), segment(1, 40)));
        assertThat(all.findings())
                .singleElement()
                .satisfies(each -> assertThat(each.message() + each.hint())
                        .contains("whose last one ended at " + UtcTime.exact(minute(30)))
                        .contains("Without a target, the same data is restored"));
        assertThat(part.findings())
                .singleElement()
                .satisfies(each -> assertThat(each.message() + each.hint())
                        .contains("not all of which was read")
                        .doesNotContain("the same data"));
        assertThat(part.reachable()).isEqualTo(RestorePlan.Reachability.NOT_CERTAIN);
    }

    @Test
    void aTransactionWhoseEndIsKnownNeedsTheWalUpToThere() throws IOException {
        Chosen plan = ending(Optional.of(end(22, OptionalInt.empty())), true);

        assertThat(plan.wal().runs()).containsExactly(new RequiredWal.Run(segment(1, 5), segment(1, 22)));
        assertThat(plan.findings()).isEmpty();
        assertThat(plan.reachable()).isEqualTo(RestorePlan.Reachability.YES);
    }

    @Test
    void aTransactionAtWhoseEndNoRecoveryEndsIsAProblem() throws IOException {
        assertThat(ending(Optional.empty(), true).problems()).singleElement().satisfies(each -> {
            assertThat(each.exitCode()).isEqualTo(ExitCode.TARGET_UNREACHABLE);
            assertThat(each.message()).startsWith("transaction 6000 does not end in the archived WAL");
        });
        assertThat(ending(Optional.of(end(22, OptionalInt.of(5_999))), true).problems())
                .singleElement()
                .satisfies(each -> assertThat(each.hint()).endsWith("--target-xid 5999"));
        assertThat(ending(Optional.of(end(4, OptionalInt.empty())), true).problems())
                .singleElement()
                .satisfies(each -> assertThat(each.message()).contains("before the end of backup A"));
    }

    @Test
    void aTransactionThatWasNotFoundBeforeAHoleIsAProblem() throws IOException {
        assertThat(ending(Optional.empty(), false).problems()).singleElement().satisfies(each -> {
            assertThat(each.exitCode()).isEqualTo(ExitCode.TARGET_UNREACHABLE);
            assertThat(each.message())
                    .startsWith("transaction 6000 was not found in the archived WAL before the first segment that");
        });
    }

    private static EndOfTransaction end(long segment, OptionalInt parent) {
        return new EndOfTransaction(at(segment, 0x100), at(segment, 0x140), minute(segment), true, parent);
    }

    private Chosen ending(Optional<EndOfTransaction> end, boolean isComplete) throws IOException {
        CatalogSnapshot catalog = plain().build();
        return (Chosen) planner.plan(
                RestoreRequest.of(DIRECTORY, xid(6_000)),
                catalog,
                SkippedBackups.NONE,
                Optional.of(new FoundTransaction(Timeline.FIRST, end, isComplete)),
                (ignored, paths) -> catalog.wal());
    }

    private Chosen passing(Archives archives, long minute, PassedTarget passed) throws IOException {
        CatalogSnapshot catalog = archives.build();
        return (Chosen) planner.plan(
                RestoreRequest.of(DIRECTORY, time(minute)),
                catalog,
                SkippedBackups.NONE,
                Optional.of(passed),
                (ignored, paths) -> catalog.wal());
    }

    private static RestorePoint point(String name, long segment) {
        return new RestorePoint(name, at(segment, 0x5000), minute(1));
    }

    private String reached(Archives archives, long from, RestorePoint... points) throws IOException {
        CatalogSnapshot catalog = archives.build();
        RestorePlan plan = planner.plan(
                RestoreRequest.of(DIRECTORY, new RecoveryTarget.AtRestorePoint("before 5.0")),
                catalog,
                SkippedBackups.NONE,
                Optional.of(new RestorePoints("before 5.0", at(from, 0), List.of(points))),
                (ignored, paths) -> catalog.wal());
        return plan instanceof Chosen chosen
                ? chosen.backup().id() + " "
                        + chosen.restorePoint().orElseThrow().end()
                : "nothing";
    }

    @Test
    void aDamagedBackupIsTakenOnlyIfNothingElseFits() {
        Archives archives = new Archives()
                .wal(1, 1, 40)
                .backup("A", 1, 5)
                .damagedBackup("B", 1, 15)
                .damagedBackup("C", 1, 25);

        assertThat(chosen(archives, LATEST).backup().id()).isEqualTo("A");

        Chosen alone = chosen(new Archives().wal(1, 12, 40).backup("A", 1, 5).damagedBackup("B", 1, 15), LATEST);

        assertThat(alone.backup().id()).isEqualTo("B");
        assertThat(alone.findings()).anyMatch(each -> each.message().contains("3 pages that were damaged"));
    }

    @Test
    void aBackupThatVerifyFoundDamagedIsPassedOverUnlessItIsNamed() {
        Chosen plan = chosen(plain().verifiedBroken(), LATEST);

        assertThat(plan.backup().id()).isEqualTo("B");
        assertThat(plan.reason()).isEqualTo("the newest, of those that can be used");
        assertThat(plan.findings()).singleElement().satisfies(finding -> {
            assertThat(finding.severity()).isEqualTo(Severity.WARNING);
            assertThat(finding.message())
                    .isEqualTo("backup C was passed over: verify found 2 problems in 'local' at "
                            + UtcTime.seconds(minute(500)));
            assertThat(finding.hint()).contains("tidemark verify C", "add --backup C");
        });

        Chosen named = chosen(
                plain().verifiedBroken(), RestoreRequest.of(DIRECTORY, LATEST).withBackup("C"));

        assertThat(named.backup().id()).isEqualTo("C");
        assertThat(named.findings()).anyMatch(each -> each.message().contains("restore stops at the first part"));
    }

    @Test
    void whereOnlyADamagedBackupIsLeftNothingIsRestoredUnlessItIsNamed() {
        PlanFinding problem =
                problem(new Archives().wal(1, 1, 40).backup("A", 1, 5).verifiedBroken(), LATEST);

        assertThat(problem.exitCode()).isEqualTo(ExitCode.DAMAGED);
        assertThat(problem.message()).startsWith("backup A leads to the target, but is not reliable: verify found");
        assertThat(problem.hint()).contains("add --backup A");

        PlanFinding silent =
                PlanFinding.problem(ExitCode.STORE_UNAVAILABLE, PlanFinding.Topic.TARGET, "'offsite' is silent", "");
        assertThat(planner.plan(
                                RestoreRequest.of(DIRECTORY, LATEST),
                                new Archives()
                                        .wal(1, 1, 40)
                                        .backup("A", 1, 5)
                                        .verifiedBroken()
                                        .build()
                                        .withRemarks(List.of(silent)))
                        .problems())
                .containsExactly(problem, silent);
    }

    @Test
    void aDamagedBackupDoesNotChangeTheTimelineInSilence() {
        Archives archives = new Archives()
                .wal(1, 1, 20)
                .wal(2, 20, 28)
                .history(2, "1\t" + at(20, 0x500000) + "\tx\n")
                .backup("X", 1, at(20, 0x600000), at(20, 0x700000), OptionalLong.empty(), 0)
                .backup("C", 2, 22)
                .verifiedBroken();

        assertThat(problem(archives, LATEST).message())
                .isEqualTo("none of the usable backups leads to timeline 2, only to timeline 1");
    }

    @Test
    void whatIsDamagedInOneRepositoryIsReadFromTheOther() {
        CatalogSnapshot both = CatalogSnapshot.union(
                Archives.SIZE, List.of(plain().verifiedBroken().build("local"), plain().build("offsite")));

        Chosen plan = (Chosen) planner.plan(RestoreRequest.of(DIRECTORY, LATEST), both);

        assertThat(plan.backup().id()).isEqualTo("C");
        assertThat(plan.backup().repositories()).containsExactly("local", "offsite");
        assertThat(plan.findings())
                .singleElement()
                .satisfies(finding -> assertThat(finding.message())
                        .contains("in the copy of 'local'", "what is damaged is read from another repository"));
    }

    @Test
    void twoBackupsOfOneIdAreNotTakenForCopies() {
        CatalogSnapshot both = CatalogSnapshot.union(
                Archives.SIZE,
                List.of(
                        plain().build("local"),
                        plain().describedAs("another").backup("D", 1, 30).build("offsite")));
        CatalogSnapshot sameId = CatalogSnapshot.union(
                Archives.SIZE,
                List.of(
                        plain().build("local"),
                        new Archives().describedAs("another").backup("C", 1, 30).build("offsite")));

        assertThat(both.backups()).hasSize(4);
        Chosen plan = (Chosen) planner.plan(RestoreRequest.of(DIRECTORY, LATEST), sameId);
        assertThat(plan.backup().repositories()).containsExactly("offsite");
        assertThat(plan.findings())
                .anyMatch(each -> each.severity() == Severity.WARNING
                        && each.message()
                                .contains("this is the backup C in 'offsite': another repository holds a different"));
        PlanFinding named = planner.plan(RestoreRequest.of(DIRECTORY, LATEST).withBackup("C"), sameId)
                .problems()
                .getFirst();
        assertThat(named.message()).contains("C in 'local', and C in 'offsite'");
        assertThat(named.hint()).contains("--repository local or --repository offsite");
    }

    @Test
    void aBackupThatWasPassedOverForItsWalIsNamedWithTheReason() {
        Chosen plan = chosen(
                new Archives()
                        .wal(1, 1, 24)
                        .wal(1, 26, 40)
                        .backup("A", 1, 5)
                        .backup("B", 1, 15)
                        .backup("C", 1, 25),
                lsn(at(24, 0)));

        assertThat(plan.backup().id()).isEqualTo("B");
        plan = chosen(
                new Archives()
                        .wal(1, 1, 14)
                        .wal(1, 16, 40)
                        .backup("A", 1, 5)
                        .backup("B", 1, 15)
                        .backup("C", 1, 25)
                        .damagedBackup("D", 1, 30),
                LATEST);

        assertThat(plan.backup().id()).isEqualTo("C");
        assertThat(plan.reason()).isEqualTo("the newest, of those that can be used");
        assertThat(plan.findings())
                .extracting(PlanFinding::message)
                .containsExactly("backup D was passed over: it holds 3 pages that were damaged in the cluster itself");
    }

    @Test
    void whoWantsABackupWithDamagedPagesIsToldOfTheNewestWithout() {
        Archives archives = new Archives()
                .wal(1, 1, 40)
                .backup("A", 1, 5)
                .backup("B", 1, 15)
                .damagedBackup("D", 1, 30);

        assertThat(chosen(archives, RestoreRequest.of(DIRECTORY, LATEST).withBackup("D"))
                        .findings())
                .anyMatch(each -> each.message().contains("holds 3 pages that were damaged in the cluster itself")
                        && each.hint().contains("The newest backup in which no damaged page was found is B"));
    }

    /** Restored to segment 20 in minute 31: production went on along timeline 2, and timeline 1 was abandoned. */
    @Test
    void aTimeThatOnlyAnAbandonedPartOfATimelineReachedAsksForTheTimeline() {
        Archives archives = new Archives()
                .wal(1, 1, 30)
                .walStored(2, 20, 28, 12)
                .history(2, "1\t" + at(20, 0x500000) + "\tbefore 2026-11-20\n")
                .promoted(2, 31)
                .backup("A", 1, 5);

        PlanFinding ambiguous = problem(archives, time(25));
        assertThat(ambiguous.message()).contains("may have been on a part of timeline 1 that was abandoned");
        assertThat(ambiguous.hint()).contains("--timeline 1", "--timeline 2");
        for (long minute : new long[] {18, 35}) {
            assertThat(chosen(archives, time(minute)).findings())
                    .noneMatch(each -> each.message().contains("abandoned"));
        }
        Archives stopped = new Archives()
                .wal(1, 1, 20)
                .walStored(2, 20, 28, 12)
                .history(2, "1\t" + at(20, 0x500000) + "\tbefore 2026-11-20\n")
                .promoted(2, 31)
                .backup("A", 1, 5);
        assertThat(chosen(stopped, time(20)).findings())
                .anyMatch(each -> each.severity() == Severity.WARNING
                        && each.message().contains("may have been on a part of timeline 1 that was abandoned"));
        for (String timeline : List.of("1", "2")) {
            assertThat(chosen(
                                    archives,
                                    RestoreRequest.of(DIRECTORY, time(25)).withTimeline(TimelineChoice.parse(timeline)))
                            .findings())
                    .noneMatch(each -> each.message().contains("abandoned"));
        }
    }

    /** The same for a position, which both timelines have. */
    @Test
    void aPositionThatAnAbandonedPartOfATimelineHasTooIsNotCertain() {
        Archives archives = new Archives()
                .wal(1, 1, 25)
                .walStored(2, 20, 28, 12)
                .history(2, "1\t" + at(20, 0x500000) + "\tbefore 2026-11-20\n")
                .promoted(2, 31)
                .backup("A", 1, 5)
                .backup("C", 2, 27);

        for (long place : new long[] {20, 25}) {
            assertThat(chosen(archives, new RecoveryTarget.AtLsn(at(place, 0x600000), Bound.INCLUSIVE))
                            .findings())
                    .anyMatch(each -> each.severity() == Severity.WARNING
                            && each.message().contains("is also on a part of timeline 1 that was abandoned")
                            && each.hint().contains("--timeline 1"));
        }
        for (Lsn position : List.of(at(20, 0x400000), at(26, 0x600000))) {
            assertThat(chosen(archives, new RecoveryTarget.AtLsn(position, Bound.INCLUSIVE))
                            .findings())
                    .noneMatch(each -> each.message().contains("abandoned"));
        }
    }

    @Test
    void anUnreadableBackupIsSaidAndNotTaken() {
        Chosen plan = chosen(plain().unreadableBackup("D"), LATEST);

        assertThat(plan.backup().id()).isEqualTo("C");
        assertThat(plan.findings()).anyMatch(each -> each.message().startsWith("backup D was not considered"));
    }

    /** Timeline 1 ended within segment 20, where timeline 2 began; both were archived to since. */
    private static Archives parted() {
        return new Archives()
                .wal(1, 1, 30)
                .wal(2, 20, 28)
                .history(2, "1\t" + at(20, 0x500000) + "\tno recovery target specified\n")
                .promoted(2, 20)
                .backup("A", 1, 5);
    }

    @Test
    void timelinesThatBothWereArchivedToCompeteAndEachIsNamed() {
        RestorePlan plan = planner.plan(
                RestoreRequest.of(DIRECTORY, LATEST),
                parted().backup("B", 2, 22).build());

        assertThat(plan.problems()).singleElement().satisfies(problem -> {
            assertThat(problem.message())
                    .contains(
                            "timeline 2 is the newest that a backup leads to, and timeline 1 was archived to after it");
            assertThat(problem.hint())
                    .contains("--timeline 2 or --timeline 1", "wal/00000002", "history/00000002.history");
        });
        assertThat(plan.findings())
                .anyMatch(each ->
                        each.message().contains("timeline 1: newest WAL stored at " + UtcTime.seconds(minute(30)))
                                && each.message()
                                        .contains("newest backup A, ended " + UtcTime.seconds(minute(5))
                                                + ", taken on host 'host'"))
                .anyMatch(each ->
                        each.message().contains("timeline 2: newest WAL stored at " + UtcTime.seconds(minute(28)))
                                && each.message().contains("newest backup B"));
        for (String named : List.of("1", "2")) {
            assertThat(chosen(parted(), RestoreRequest.of(DIRECTORY, LATEST).withTimeline(TimelineChoice.parse(named)))
                            .timeline())
                    .isEqualTo(new Timeline(Integer.parseInt(named)));
        }
    }

    /** Its last segment may hold nothing but a checkpoint that began long before it ended. */
    @Test
    void aTimelineCompetesWhoseLastCommitsAreInTheSegmentBeforeTheLast() {
        Archives archives = parted().backup("B", 2, 22).begun(2, 20, 20).written(1, 30, 18);

        assertThat(chosen(archives, LATEST).timeline()).isEqualTo(new Timeline(2));
        assertThat(problem(archives.written(1, 29, 25), LATEST).hint()).contains("--timeline 2 or --timeline 1");
    }

    /** A copy of a small cluster is open, and the primary goes on, before its second is over. */
    @Test
    void aTimelineCompetesThatWasWrittenInTheSecondInWhichTheOtherBegan() {
        Archives archives = parted().begun(2, 20, minute(20), minute(20).plusMillis(999))
                .written(1, 30, minute(20).plusMillis(400));

        assertThat(problem(archives, LATEST).hint()).contains("--timeline 2 or --timeline 1");
    }

    @Test
    void theOldPrimarysWalFromBeforeTheFailoverDoesNotCompete() {
        assertThat(chosen(parted().promoted(2, 20).walStored(1, 20, 30, -11), LATEST)
                        .timeline())
                .isEqualTo(new Timeline(2));
    }

    @Test
    void aBackupOfTheNewestTimelineAfterTheOldOneFellSilentDecides() {
        assertThat(chosen(parted().wal(2, 29, 33).backup("C", 2, 32), LATEST).timeline())
                .isEqualTo(new Timeline(2));
        assertThat(problem(parted().wal(2, 29, 33).backup("C", 2, 32).backup("X", 1, 25), LATEST)
                        .hint())
                .contains("--timeline 2 or --timeline 1");
    }

    /** All of it stored hours later, in the order of the copy: that of the old timeline last, or first. */
    @Test
    void aCopyWithOtherTimesOfStoringGivesTheSameAnswerWhereTheWalSaysWhenItWasWritten() {
        for (long late : new long[] {-700, 700, 900}) {
            Archives settled =
                    partedCopy(late).begun(2, 20, 21).written(1, 30, 30).backup("C", 2, 32);
            Archives before = partedCopy(late).begun(2, 20, 31).written(1, 30, 30);
            Archives wentOn = partedCopy(late).begun(2, 20, 21).written(1, 30, 30);

            assertThat(chosen(settled, LATEST).timeline()).isEqualTo(new Timeline(2));
            assertThat(chosen(before, LATEST).timeline()).isEqualTo(new Timeline(2));
            assertThat(problem(wentOn, LATEST).hint()).contains("--timeline 2 or --timeline 1");
            assertThat(planner.plan(RestoreRequest.of(DIRECTORY, LATEST), wentOn.build())
                            .findings())
                    .anyMatch(each -> each.message()
                            .contains("timeline 1: newest record in its last WAL of " + UtcTime.seconds(minute(30))));
        }
    }

    private static Archives partedCopy(long late) {
        return new Archives()
                .walStored(1, 1, 30, late)
                .walStored(2, 20, 33, 700)
                .history(2, "1\t" + at(20, 0x500000) + "\tno recovery target specified\n")
                .promoted(2, 720)
                .backup("A", 1, 5);
    }

    @Test
    void anAbandonedPartIsSeenInACopyByTheTimesInItsWal() {
        Archives copied = new Archives()
                .walStored(1, 1, 30, 700)
                .walStored(2, 20, 28, 700)
                .history(2, "1\t" + at(20, 0x500000) + "\tbefore 2026-11-20\n")
                .promoted(2, 700)
                .written(1, 19, 19)
                .written(1, 30, 30)
                .begun(2, 20, 31)
                .backup("A", 1, 5);

        assertThat(problem(copied, time(25)).message())
                .contains("may have been on a part of timeline 1 that was abandoned");
        for (long minute : new long[] {18, 35}) {
            assertThat(chosen(copied, time(minute)).findings())
                    .noneMatch(each -> each.message().contains("abandoned"));
        }
    }

    @Test
    void aTargetBeforeTheTimelinesPartLeavesNothingToChoose() {
        assertThat(chosen(parted().backup("L", 1, 19), time(18)).backup().id()).isEqualTo("A");
        assertThat(chosen(parted(), lsn(at(18, 0))).backup().id()).isEqualTo("A");
        assertThat(chosen(parted(), new RecoveryTarget.Immediate()).backup().id())
                .isEqualTo("A");
        assertThat(problem(parted(), time(25)).hint()).contains("--timeline 1");
    }

    /**
     * Minute 18 may be anywhere: its segment was stored late, and no backup on the path ended between it and the fork.
     */
    @Test
    void aTimeThatMayLiePastThePlaceWhereTheTimelinesPartIsAskedFor() {
        assertThat(problem(parted(), time(18)).hint()).contains("--timeline 2 or --timeline 1");
        assertThat(problem(parted().backup("X", 1, 25), time(18)).hint()).contains("--timeline 2 or --timeline 1");
    }

    @Test
    void aTimelineThatNoBackupLeadsToCompetesWhereItIsNewer() {
        Archives archives = new Archives()
                .wal(1, 1, 10)
                .wal(2, 3, 28)
                .history(2, "1\t" + at(3, 0x500000) + "\tx\n")
                .backup("A", 1, 5);

        assertThat(problem(archives, LATEST).hint()).contains("--timeline 1 or --timeline 2");
    }

    /** A server that was ahead of the archive is promoted, and archives nothing but the history of its timeline. */
    @Test
    void aHistoryPastAllArchivedWalHidesNoCompetition() {
        Archives archives = parted().history(9, "1\t" + at(40, 0x100) + "\tx\n");

        assertThat(problem(archives, LATEST).message())
                .contains("timeline 2 is the newest that a backup leads to, and timeline 1 was archived to after it");
    }

    @Test
    void aTimelineThatIsOnlyAnnouncedIsNamedAndNotFollowedUntilItsFirstSegmentIsArchived() {
        Archives announced = plain().history(2, "1\t" + at(43, 0x100) + "\tx\n");

        Chosen before = chosen(announced, LATEST);

        assertThat(before.timeline()).isEqualTo(Timeline.FIRST);
        assertThat(before.findings())
                .anySatisfy(finding -> assertThat(finding.message())
                        .contains(
                                "timeline 2 does not count as the newest: '00000002.history' says that it left timeline 1 at "
                                        + at(43, 0x100)));
        assertThat(chosen(announced, RestoreRequest.of(DIRECTORY, LATEST).withTimeline(TimelineChoice.parse("2")))
                        .timeline())
                .isEqualTo(new Timeline(2));

        RestorePlan after = planner.plan(
                RestoreRequest.of(DIRECTORY, LATEST), announced.wal(2, 43, 43).build());

        assertThat(after.problems().getFirst().message())
                .contains(segment(1, 41).name(), segment(1, 42).name());
    }

    @Test
    void aHistoryThatLeavesTheLastArchivedSegmentOrTheNextOneIsFollowedWithoutASegment() {
        for (Lsn followed : List.of(at(40, 0x100), at(41, 0), at(41, 0x100), at(42, 0))) {
            assertThat(chosen(plain().history(2, "1\t" + followed + "\tx\n"), LATEST)
                            .timeline())
                    .as("%s", followed)
                    .isEqualTo(new Timeline(2));
        }
        Archives next = plain().history(2, "1\t" + at(42, 0x100) + "\tx\n");
        assertThat(chosen(next, LATEST).timeline()).isEqualTo(Timeline.FIRST);
        RestorePlan acrossAHole = planner.plan(
                RestoreRequest.of(DIRECTORY, LATEST),
                next.partial(1, 42, at(42, 0x2000)).build());
        assertThat(((Chosen) acrossAHole).timeline()).isEqualTo(new Timeline(2));
        assertThat(acrossAHole.problems().getFirst().message())
                .contains(segment(1, 41).name());
    }

    /** What both have of the segment in which they began is their parent's. */
    @Test
    void aTimelineThatItsParentAnnouncesWithinOneSegmentIsFollowedAsWell() {
        Archives archives = new Archives()
                .wal(1, 1, 19)
                .partial(1, 20)
                .history(2, "1\t" + at(20, 0x500000) + "\tx\n")
                .history(3, "1\t" + at(20, 0x500000) + "\tx\n2\t" + at(20, 0x600000) + "\tx\n")
                .backup("A", 1, 5);

        assertThat(chosen(archives, LATEST).timeline()).isEqualTo(new Timeline(3));
    }

    /** Only the later history tells of the timeline that its parent is. */
    @Test
    void anAnnouncedTimelineIsFollowedWhereTheHistoryOfItsParentIsLost() {
        Archives archives = new Archives()
                .wal(1, 1, 20)
                .wal(2, 20, 40)
                .history(3, "1\t" + at(20, 0x500000) + "\tx\n2\t" + at(43, 0x100) + "\tx\n")
                .backup("A", 1, 5)
                .backup("B", 2, 25);

        RestorePlan plan = planner.plan(RestoreRequest.of(DIRECTORY, LATEST), archives.build());

        assertThat(((Chosen) plan).timeline()).isEqualTo(new Timeline(3));
        assertThat(((Chosen) plan).backup().id()).isEqualTo("B");
    }

    @Test
    void aPathChangesToTheChildInTheSegmentOfTheSwitch() {
        Chosen plan =
                chosen(failover(), RestoreRequest.of(DIRECTORY, time(21)).withTimeline(TimelineChoice.parse("2")));

        assertThat(plan.backup().id()).isEqualTo("B");
        assertThat(plan.wal().runs())
                .containsExactly(
                        new RequiredWal.Run(segment(1, 15), segment(1, 19)),
                        new RequiredWal.Run(segment(2, 20), segment(2, 21)));
    }

    @Test
    void theAbandonedTimelineCanBeAskedForByNumber() {
        Chosen plan = chosen(failover(), RestoreRequest.of(DIRECTORY, LATEST).withTimeline(TimelineChoice.parse("1")));

        assertThat(plan.backup().id()).isEqualTo("X");
        assertThat(plan.wal().runs()).containsExactly(new RequiredWal.Run(segment(1, 25), segment(1, 30)));
    }

    @Test
    void currentFollowsTheTimelineOfTheNamedBackup() {
        Chosen plan = chosen(
                failover(), RestoreRequest.of(DIRECTORY, LATEST).withBackup("B").withTimeline(TimelineChoice.CURRENT));

        assertThat(plan.timeline()).isEqualTo(Timeline.FIRST);
        assertThat(plan.wal().runs()).containsExactly(new RequiredWal.Run(segment(1, 15), segment(1, 30)));
    }

    @Test
    void aBackupOfTheAbandonedPartDoesNotLeadToTheChild() {
        PlanFinding problem = problem(
                failover(),
                RestoreRequest.of(DIRECTORY, LATEST).withBackup("X").withTimeline(TimelineChoice.parse("2")));

        assertThat(problem.exitCode()).isEqualTo(ExitCode.TARGET_UNREACHABLE);
        assertThat(problem.message()).isEqualTo("no backup is on the path to timeline 2");
    }

    @Test
    void latestForABackupOfTheAbandonedPartStaysOnItsTimeline() {
        Chosen plan = chosen(failover(), RestoreRequest.of(DIRECTORY, LATEST).withBackup("X"));

        assertThat(plan.timeline()).isEqualTo(Timeline.FIRST);
    }

    @Test
    void anUnknownTimelineIsRefusedWithThoseThatAreKnown() {
        PlanFinding problem =
                problem(failover(), RestoreRequest.of(DIRECTORY, LATEST).withTimeline(TimelineChoice.parse("9")));

        assertThat(problem.exitCode()).isEqualTo(ExitCode.TARGET_UNREACHABLE);
        assertThat(problem.hint()).contains("1, 2");
    }

    @Test
    void whatTheParentLeftOfTheSegmentOfTheSwitchWillDoAtTheEnd() {
        Archives archives = new Archives()
                .wal(1, 1, 19)
                .partial(1, 20)
                .history(2, "1\t" + at(20, 0x500000) + "\tx\n")
                .backup("A", 1, 5);

        Chosen plan = chosen(archives, LATEST);

        assertThat(plan.timeline()).isEqualTo(new Timeline(2));
        assertThat(plan.wal().runs()).containsExactly(new RequiredWal.Run(segment(1, 5), segment(1, 20)));
        assertThat(chosen(archives, lsn(at(20, 0x4FFFFF))).backup().id()).isEqualTo("A");
        assertThat(problem(archives, lsn(at(20, 0x500000))).exitCode()).isEqualTo(ExitCode.TARGET_UNREACHABLE);
    }

    @Test
    void aPartialSegmentThatEndsBeforeTheSwitchLeadsNowhere() {
        Archives archives = new Archives()
                .wal(1, 1, 19)
                .partial(1, 20, at(20, 0x400000))
                .history(2, "1\t" + at(20, 0x500000) + "\tx\n")
                .backup("A", 1, 5);

        assertThat(chosen(archives, LATEST).wal().runs())
                .containsExactly(new RequiredWal.Run(segment(1, 5), segment(1, 19)));

        archives.partial(1, 20, at(20, 0x502000));
        assertThat(chosen(archives, LATEST).wal().runs())
                .containsExactly(new RequiredWal.Run(segment(1, 5), segment(1, 20)));
    }

    @Test
    void aTimeInTheLastArchivedSegmentIsNotCalledReachable() {
        Archives archives = new Archives().wal(1, 1, 10).backup("A", 1, 5);

        assertThat(chosen(archives, time(10)).findings()).anySatisfy(finding -> {
            assertThat(finding.severity()).isEqualTo(PlanFinding.Severity.WARNING);
            assertThat(finding.message()).contains("last archived segment", "no commit follows");
        });
        assertThat(chosen(archives, time(9)).findings()).isEmpty();
    }

    @Test
    void theParentsSegmentDoesNotFillAHoleBeforeTheChildsNext() {
        Archives archives = new Archives()
                .wal(1, 1, 30)
                .wal(2, 21, 28)
                .history(2, "1\t" + at(20, 0x500000) + "\tx\n")
                .backup("A", 1, 5);

        assertThat(problem(archives, RestoreRequest.of(DIRECTORY, LATEST).withTimeline(TimelineChoice.parse("2")))
                        .message())
                .contains(segment(2, 20).name());
    }

    @Test
    void aBackupOfTheChildIsNotMadeConsistentByTheParentsSegment() {
        Archives archives = new Archives()
                .wal(1, 1, 20)
                .history(2, "1\t" + at(20, 0x500) + "\tx\n")
                .backup("A", 2, at(20, 0x600), at(20, 0x1000), OptionalLong.empty(), 0);

        assertThat(problem(archives, new RecoveryTarget.Immediate()).message())
                .isEqualTo("the archived WAL ends at " + at(20, 0x500) + ", before the end of backup A");
    }

    @Test
    void aTimelineWithoutItsHistoryIsNotFollowedNotEvenFromItsOwnBackups() {
        Archives archives = new Archives().wal(3, 20, 30).backup("B", 3, 22);

        for (String timeline : List.of("latest", "current", "3")) {
            PlanFinding problem = problem(
                    archives, RestoreRequest.of(DIRECTORY, LATEST).withTimeline(TimelineChoice.parse(timeline)));
            assertThat(problem.message())
                    .isEqualTo("timeline 3 cannot be followed: '00000003.history' is not archived");
        }
        assertThat(problem(archives.wal(1, 1, 10).backup("A", 1, 5), LATEST).message())
                .contains("whether timeline 3 continues timeline 1");
    }

    @Test
    void aPartialSegmentIsTheEndOfTheTimelineThatItWasCutOffFrom() {
        Archives archives = new Archives()
                .wal(1, 1, 19)
                .partial(1, 20, at(20, 0x600000))
                .wal(2, 20, 28)
                .history(2, "1\t" + at(20, 0x500000) + "\tx\n")
                .backup("A", 1, 5);
        TimelineChoice first = TimelineChoice.parse("1");

        Chosen plan = chosen(archives, RestoreRequest.of(DIRECTORY, time(20)).withTimeline(first));

        assertThat(plan.wal().runs()).containsExactly(new RequiredWal.Run(segment(1, 5), segment(1, 20)));
        assertThat(chosen(
                                archives,
                                RestoreRequest.of(DIRECTORY, lsn(at(20, 0x5FFFFF)))
                                        .withTimeline(first))
                        .timeline())
                .isEqualTo(Timeline.FIRST);
        assertThat(problem(
                                archives,
                                RestoreRequest.of(DIRECTORY, lsn(at(20, 0x600000)))
                                        .withTimeline(first))
                        .message())
                .contains("ends at " + at(20, 0x600000));
    }

    @Test
    void aLaterTimelineOfUnknownHistoryIsNotPassedOverInSilence() {
        Archives lost = new Archives().wal(1, 1, 30).wal(2, 20, 28).backup("A", 1, 5);
        Archives damaged = new Archives().wal(1, 1, 30).damagedHistory(2).backup("A", 1, 5);

        for (Archives archives : List.of(lost, damaged)) {
            PlanFinding problem = problem(archives, LATEST);
            assertThat(problem.message()).contains("whether timeline 2 continues timeline 1");
            assertThat(problem.hint()).contains("--timeline 1");
            assertThat(chosen(archives, RestoreRequest.of(DIRECTORY, LATEST).withTimeline(TimelineChoice.parse("1")))
                            .timeline())
                    .isEqualTo(Timeline.FIRST);
        }
    }

    @Test
    void aTablespaceIsPutElsewhereByItsOidOrTheLastPartOfItsPlace() {
        TablespacePlace fast = new TablespacePlace(16384, Optional.empty(), "/mnt/fast", 100);
        TablespacePlace slow = new TablespacePlace(16385, Optional.empty(), "/mnt/slow", 50);
        Archives archives = new Archives().wal(1, 1, 10).backupWithTablespaces("A", 5, fast, slow);

        Chosen plan = chosen(
                archives,
                RestoreRequest.of(DIRECTORY, LATEST)
                        .withTablespaces(Map.of("16384", Path.of("/new/fast"), "slow", Path.of("/new/slow"))));

        assertThat(plan.directories())
                .containsExactly(
                        new TargetDirectory.DataDirectory(DIRECTORY, 4850),
                        new TargetDirectory.Tablespace(fast, Path.of("/new/fast"), true),
                        new TargetDirectory.Tablespace(slow, Path.of("/new/slow"), true));
    }

    @Test
    void aTablespaceIsPutElsewhereByItsNameBeforeAnythingElseThatIsCalledLikeThis() {
        TablespacePlace named = new TablespacePlace(16384, Optional.of("fast"), "/mnt/x=\"1\"", 100);
        TablespacePlace other = new TablespacePlace(16385, Optional.of("caf\u00e9=\"x\""), "/mnt/fast", 50);
        Archives archives = new Archives().wal(1, 1, 10).backupWithTablespaces("A", 5, named, other);

        Chosen plan = chosen(
                archives,
                RestoreRequest.of(DIRECTORY, LATEST)
                        .withTablespaces(Map.of("fast", Path.of("/new/1"), "caf\u00e9=\"x\"", Path.of("/new/2"))));

        assertThat(plan.problems()).isEmpty();
        assertThat(plan.directories())
                .contains(
                        new TargetDirectory.Tablespace(named, Path.of("/new/1"), true),
                        new TargetDirectory.Tablespace(other, Path.of("/new/2"), true));
        assertThat(plan.directories().get(1).title()).isEqualTo("tablespace 'fast'");
    }

    @Test
    void everyTablespaceThatIsNotNamedGetsADirectoryOfItsOwnBelowOne() {
        TablespacePlace fast = new TablespacePlace(16384, Optional.of("fast"), "/mnt/fast", 100);
        TablespacePlace odd = new TablespacePlace(16385, Optional.of("../odd"), "/mnt/odd", 50);
        TablespacePlace number = new TablespacePlace(16386, Optional.of("16385"), "/mnt/number", 50);
        TablespacePlace nameless = new TablespacePlace(16387, Optional.empty(), "/mnt/old", 50);
        TablespacePlace moved = new TablespacePlace(16388, Optional.of("moved"), "/mnt/moved", 50);
        Archives archives =
                new Archives().wal(1, 1, 10).backupWithTablespaces("A", 5, fast, odd, number, nameless, moved);

        Chosen plan = chosen(
                archives,
                RestoreRequest.of(DIRECTORY, LATEST)
                        .withTablespaces(Map.of("moved", Path.of("/other/moved")))
                        .withTablespacesBelow(Path.of("/new")));

        assertThat(plan.problems()).isEmpty();
        assertThat(plan.directories().stream().skip(1).map(TargetDirectory::path))
                .containsExactly(
                        Path.of("/new/fast"),
                        Path.of("/new/16385"),
                        Path.of("/new/16386"),
                        Path.of("/new/16387"),
                        Path.of("/other/moved"));
        assertThat(problem(archives, RestoreRequest.of(DIRECTORY, LATEST).withTablespacesBelow(DIRECTORY))
                        .message())
                .contains("would overlap");
    }

    @Test
    void anUnknownTablespaceIsRefusedWithThoseOfTheBackupAndTheBackupThatHasIt() {
        Archives archives = new Archives()
                .wal(1, 1, 10)
                .backupWithTablespaces("A", 3, new TablespacePlace(16384, Optional.of("new"), "/mnt/new", 100))
                .backupWithTablespaces("B", 4, new TablespacePlace(16384, Optional.of("new"), "/mnt/new", 100))
                .backupWithTablespaces("C", 5, new TablespacePlace(16399, Optional.of("fast"), "/mnt/1", 100));
        RestoreRequest request = RestoreRequest.of(DIRECTORY, LATEST);

        assertThat(problem(archives, request.withTablespaces(Map.of("new", Path.of("/x")))))
                .satisfies(problem -> {
                    assertThat(problem.message()).isEqualTo("there is no tablespace 'new' in backup C");
                    assertThat(problem.hint())
                            .contains("Backup B has it: add --backup B. Backup C has: 'fast', OID 16399 at '/mnt/1'.");
                });
        assertThat(problem(archives, request.withTablespaces(Map.of("x", Path.of("/x"))))
                        .hint())
                .contains("Backup C has: 'fast', OID 16399 at '/mnt/1'.");
        assertThat(problem(archives, request.withTablespaces(Map.of("fast", Path.of("/x"), "16399", Path.of("/y"))))
                        .message())
                .isEqualTo("tablespace 'fast' is to be put into two directories");
    }

    @Test
    void theLastPartOfTwoLocationsIsRefused() {
        Archives archives = new Archives()
                .wal(1, 1, 10)
                .backupWithTablespaces(
                        "A",
                        5,
                        new TablespacePlace(16384, Optional.empty(), "/mnt/1/fast", 100),
                        new TablespacePlace(16385, Optional.empty(), "/mnt/2/fast", 50));

        assertThat(problem(
                        archives, RestoreRequest.of(DIRECTORY, LATEST).withTablespaces(Map.of("fast", Path.of("/x")))))
                .satisfies(problem -> {
                    assertThat(problem.message())
                            .isEqualTo("more than one tablespace has a location that ends with 'fast'");
                    assertThat(problem.hint())
                            .contains("Say which, by its name or OID."
                                    + " Backup A has: 16384 at '/mnt/1/fast'; 16385 at '/mnt/2/fast'.");
                });
    }

    @Test
    void tablespacesInOneAnotherOrInTheDataDirectoryOrUnknownAreRefused() {
        Archives archives = new Archives()
                .wal(1, 1, 10)
                .backupWithTablespaces(
                        "A",
                        5,
                        new TablespacePlace(16384, Optional.empty(), "/mnt/fast", 100),
                        new TablespacePlace(16385, Optional.empty(), "/mnt/slow", 50));
        RestoreRequest request = RestoreRequest.of(DIRECTORY, LATEST);

        assertThat(problem(archives, request.withTablespaces(Map.of("fast", Path.of("/mnt/slow"))))
                        .message())
                .contains("would overlap");
        assertThat(problem(archives, request.withTablespaces(Map.of("fast", DIRECTORY.resolve("x"))))
                        .message())
                .contains("would overlap");
        assertThat(problem(archives, request.withTablespaces(Map.of("none", Path.of("/x"))))
                        .message())
                .isEqualTo("there is no tablespace 'none' in backup A");
        assertThat(problem(archives, request.withTablespaces(Map.of("fast", Path.of("x"))))
                        .message())
                .contains("is not absolute");
    }
}
