// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tidemark.recoverability.Archives.at;
import static org.tidemark.recoverability.Archives.minute;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.RecoveryTarget.Bound;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.ControlFile.StandbySettings;
import org.tidemark.postgres.wal.CreatedTablespace;
import org.tidemark.postgres.wal.WalFacts;
import org.tidemark.postgres.wal.WalFacts.ParameterChange;
import org.tidemark.recoverability.Archives;
import org.tidemark.recoverability.BackupCandidate.TablespacePlace;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.recoverability.PlanFinding.Severity;
import org.tidemark.restore.plan.RestorePlan.Chosen;
import org.tidemark.restore.plan.RestorePlan.TargetDirectory;
import org.tidemark.restore.plan.RestorePlan.TargetDirectory.Tablespace;
import org.tidemark.restore.plan.RestorePlan.TargetDirectory.WalDirectory;
import org.tidemark.restore.plan.RestorePlanner;
import org.tidemark.restore.plan.StartFrom;
import org.tidemark.restore.request.RestoreRequest;
import org.tidemark.restore.wal.ReplayCheck.Place;

class ReplayCheckTest {
    private static final Path DIRECTORY = Path.of("/pg/restored");
    private static final RecoveryTarget LATEST = new RecoveryTarget.Latest();
    private static final String PLACE = "/x/fast";
    private static final Path FILES = Path.of(PLACE, "PG_15_202209061");
    private static final Lsn CREATED = at(12, 0x500);
    private static final CreatedTablespace FAST = new CreatedTablespace(CREATED, 16384, PLACE);
    private static final Place OCCUPIED = new Place(FAST, true, Path.of(PLACE), true, Optional.of(FILES), false);

    private static Chosen plan(RecoveryTarget target) {
        Archives archives = new Archives().wal(1, 1, 40).backup("A", 1, 5);
        return (Chosen) new RestorePlanner().plan(RestoreRequest.of(DIRECTORY, target), archives.build());
    }

    private static ReplayedWal wal(Optional<Lsn> end, long unseen, ParameterChange... parameters) {
        return new ReplayedWal(
                new WalFacts(List.of(FAST), List.of(parameters), end),
                10,
                unseen,
                Duration.ofSeconds(5),
                Optional.empty(),
                Optional.empty());
    }

    private static List<PlanFinding> findings(RecoveryTarget target, Optional<Lsn> end, Place place) {
        return new ReplayCheck(plan(target), wal(end, 0), List.of(place)).findings();
    }

    private static boolean isRefused(RecoveryTarget target) {
        return isRefused(target, Optional.empty());
    }

    private static boolean isRefused(RecoveryTarget target, Optional<Lsn> end) {
        return findings(target, end, OCCUPIED).stream().anyMatch(PlanFinding::isProblem);
    }

    private static ParameterChange minimal(Lsn at) {
        return new ParameterChange(at, at.plus(-0x78), new StandbySettings(0, 100, 8, 0, 0, 64));
    }

    @Test
    void aPlaceWithFilesIsRefusedWithThePositionBeforeIt() {
        PlanFinding problem = findings(LATEST, Optional.empty(), OCCUPIED).getFirst();

        assertThat(problem.exitCode()).isEqualTo(ExitCode.RESTORE_REFUSED);
        assertThat(problem.message())
                .isEqualTo("the replay creates tablespace 16384 in '/x/fast', and would write into"
                        + " '/x/fast/PG_15_202209061', which is there already");
        assertThat(problem.hint()).contains("--target-lsn " + CREATED + " --exclusive");
    }

    @Test
    void aRecoveryThatEndsBeforeTheTablespaceIsNotRefused() {
        assertThat(isRefused(new RecoveryTarget.AtLsn(CREATED, Bound.EXCLUSIVE)))
                .isFalse();
        assertThat(isRefused(new RecoveryTarget.AtLsn(CREATED, Bound.INCLUSIVE)))
                .isTrue();
        assertThat(isRefused(new RecoveryTarget.AtLsn(at(20, 0), Bound.EXCLUSIVE)))
                .isTrue();
        assertThat(isRefused(new RecoveryTarget.Immediate())).isFalse();

        RecoveryTarget time = new RecoveryTarget.AtTime(minute(12), Bound.INCLUSIVE);
        assertThat(isRefused(time, Optional.of(at(12, 0x100)))).isFalse();
        assertThat(isRefused(time, Optional.of(at(12, 0x900)))).isTrue();
        assertThat(isRefused(time)).as("nobody knows where it ends").isTrue();
    }

    @Test
    void whatIsCreatedIsToldWhoeverUsesItsPlace() {
        Place empty = new Place(FAST, true, Path.of(PLACE), true, Optional.empty(), false);

        for (Place each : List.of(empty, OCCUPIED)) {
            assertThat(new ReplayCheck(plan(LATEST), wal(Optional.empty(), 0), List.of(each)).created())
                    .containsExactly(FAST);
            assertThat(new ReplayCheck(
                                    plan(new RecoveryTarget.AtLsn(CREATED, Bound.EXCLUSIVE)),
                                    wal(Optional.empty(), 0),
                                    List.of(each))
                            .created())
                    .isEmpty();
        }
    }

    @Test
    void aTablespaceFromBeforeTheBackupIsNotReplayed() {
        CreatedTablespace old = new CreatedTablespace(at(4, 0), 16384, PLACE);

        assertThat(findings(
                        LATEST,
                        Optional.empty(),
                        new Place(old, true, Path.of(PLACE), true, Optional.of(FILES), false)))
                .isEmpty();
    }

    @Test
    void aPlaceWithoutFilesIsANoteAndOneThatIsNotThereAWarningWithTheCommand() {
        PlanFinding empty = findings(
                        LATEST, Optional.empty(), new Place(FAST, true, Path.of(PLACE), true, Optional.empty(), false))
                .getFirst();
        PlanFinding absent = findings(
                        LATEST, Optional.empty(), new Place(FAST, true, Path.of(PLACE), false, Optional.empty(), false))
                .getFirst();

        assertThat(empty.severity()).isEqualTo(Severity.NOTE);
        assertThat(absent.severity()).isEqualTo(Severity.WARNING);
        assertThat(absent.hint()).contains("mkdir -p -m 700 /x/fast");
    }

    @Test
    void aPlaceOfTheClusterThatIsGoneOverIsNotRefused() {
        Place own = new Place(FAST, true, Path.of(PLACE), true, Optional.of(FILES), true);
        Chosen over = plan(LATEST).from(new StartFrom.Differing());

        assertThat(new ReplayCheck(over, wal(Optional.empty(), 0), List.of(own)).findings())
                .isEmpty();
        assertThat(new ReplayCheck(over, wal(Optional.empty(), 0), List.of(OCCUPIED)).findings())
                .anyMatch(PlanFinding::isProblem);
    }

    /** The replay of CREATE DATABASE there removes the files that the restore has just written. */
    @Test
    void aPlaceThatTheRestoreGivesToAnotherTablespaceIsRefused() {
        TablespacePlace place = new TablespacePlace(16001, Optional.of("old"), "/x/old", 0);
        TablespacePlace there = new TablespacePlace(16001, Optional.of("old"), PLACE, 0);
        Place empty = new Place(FAST, true, Path.of(PLACE), true, Optional.empty(), false);

        PlanFinding problem = findings(putting(new Tablespace(place, Path.of(PLACE), true)), empty)
                .getFirst();

        assertThat(problem.exitCode()).isEqualTo(ExitCode.RESTORE_REFUSED);
        assertThat(problem.message())
                .isEqualTo("the replay creates tablespace 16384 in '/x/fast', where this restore puts tablespace 'old':"
                        + " both would write there");
        assertThat(problem.hint()).isEqualTo("Put it elsewhere: --tablespace 16001=DIR");
        TablespacePlace itself = new TablespacePlace(16384, Optional.of("fast"), "/x/old", 0);
        assertThat(findings(putting(new Tablespace(itself, Path.of(PLACE), true)), empty))
                .as("the original was restored to another place since")
                .noneMatch(PlanFinding::isProblem);
        assertThat(findings(putting(new WalDirectory(Path.of(PLACE))), empty)).anyMatch(PlanFinding::isProblem);
        assertThat(findings(putting(new Tablespace(there, Path.of(PLACE), false)), OCCUPIED))
                .as("the original had dropped it there before")
                .isEmpty();
    }

    private static Chosen putting(TargetDirectory directory) {
        Chosen plan = plan(LATEST);
        return new Chosen(
                plan.request(),
                plan.recovery(),
                List.of(plan.directories().getFirst(), directory),
                plan.start(),
                plan.changes(),
                plan.settings(),
                plan.configuration(),
                plan.findings());
    }

    private static List<PlanFinding> findings(Chosen plan, Place place) {
        return new ReplayCheck(plan, wal(Optional.empty(), 0), List.of(place)).findings();
    }

    /** Such as /srv/pg, which is a link to a disk. */
    @Test
    void aPlaceBehindALinkIsTheOneThatIsMovedAside() {
        Place behind = new Place(FAST, true, Path.of("/disk/fast"), true, Optional.of(FILES), false);
        for (String from : List.of(PLACE, "/disk/fast")) {
            Chosen aside = plan(LATEST)
                    .from(new StartFrom.Aside(List.of(
                            new StartFrom.Move(Path.of(from), Path.of(from + ".aside")),
                            new StartFrom.Move(DIRECTORY, Path.of(DIRECTORY + ".aside")))));

            assertThat(new ReplayCheck(aside, wal(Optional.empty(), 0), List.of(behind)).findings())
                    .as(from)
                    .isEmpty();
        }
    }

    @Test
    void aPlaceThatIsMovedAsideIsNotRefused() {
        Chosen aside = plan(LATEST)
                .from(new StartFrom.Aside(List.of(
                        new StartFrom.Move(Path.of(PLACE), Path.of(PLACE + ".aside")),
                        new StartFrom.Move(DIRECTORY, Path.of(DIRECTORY + ".aside")))));

        assertThat(new ReplayCheck(aside, wal(Optional.empty(), 0), List.of(OCCUPIED)).findings())
                .isEmpty();
    }

    @Test
    void noRecoveryGoesPastATimeWithoutTheWalThatItNeeds() {
        ReplayedWal wal = wal(Optional.empty(), 0, minimal(at(20, 0x700)));

        PlanFinding problem =
                new ReplayCheck(plan(LATEST), wal, List.of()).findings().getFirst();

        assertThat(problem.exitCode()).isEqualTo(ExitCode.TARGET_UNREACHABLE);
        assertThat(problem.message()).contains("wal_level = minimal from " + at(20, 0x700));
        assertThat(new ReplayCheck(plan(new RecoveryTarget.AtLsn(at(20, 0x700), Bound.EXCLUSIVE)), wal, List.of())
                        .findings())
                .isEmpty();
        // It ends after the first record that begins at the position or later.
        assertThat(new ReplayCheck(plan(new RecoveryTarget.AtLsn(at(20, 0x688), Bound.INCLUSIVE)), wal, List.of())
                        .findings())
                .isEmpty();
        assertThat(new ReplayCheck(plan(new RecoveryTarget.AtLsn(at(20, 0x689), Bound.INCLUSIVE)), wal, List.of())
                        .findings())
                .hasSize(1);
    }

    @Test
    void walThatWasNotSearchedIsAWarningWithItsAmountAndTime() {
        PlanFinding rest = new ReplayCheck(plan(LATEST), wal(Optional.empty(), 20), List.of())
                .findings()
                .getFirst();
        PlanFinding unreadable = new ReplayCheck(
                        plan(LATEST),
                        new ReplayedWal(
                                WalFacts.NONE,
                                0,
                                1,
                                Duration.ZERO,
                                Optional.of(new UserFacingException(ExitCode.NO_KEY, "no key opens it", "")),
                                Optional.empty()),
                        List.of())
                .findings()
                .getFirst();

        assertThat(rest.severity()).isEqualTo(Severity.WARNING);
        assertThat(rest.message()).startsWith("20 segments of the WAL").endsWith("this would take about 10s");
        assertThat(unreadable.message()).startsWith("1 segment of the WAL").endsWith(": no key opens it");
    }

    @Test
    void ofTheStartsThoseCountThatAreReplayed() {
        ParameterChange first = new ParameterChange(at(10, 0), at(9, 0), new StandbySettings(1, 200, 8, 0, 0, 64));
        ParameterChange second = new ParameterChange(at(20, 0), at(19, 0), new StandbySettings(1, 300, 8, 0, 0, 64));
        ReplayedWal wal = wal(Optional.empty(), 0, first, second);

        assertThat(new ReplayCheck(plan(LATEST), wal, List.of()).replayedStarts())
                .containsExactly(first.settings(), second.settings());
        assertThat(new ReplayCheck(plan(new RecoveryTarget.AtLsn(at(15, 0), Bound.EXCLUSIVE)), wal, List.of())
                        .replayedStarts())
                .containsExactly(first.settings());
    }
}
