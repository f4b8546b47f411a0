// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tidemark.recoverability.Archives.at;
import static org.tidemark.recoverability.Archives.minute;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.tidemark.core.Lsn;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.RecoveryTarget.Action;
import org.tidemark.core.RecoveryTarget.Bound;
import org.tidemark.postgres.names.RelationNames;
import org.tidemark.postgres.wal.change.Moment;
import org.tidemark.postgres.wal.change.ReplayStop;
import org.tidemark.postgres.wal.change.ReplayStop.Ended;
import org.tidemark.postgres.wal.change.ReplayStop.HalfDropped;
import org.tidemark.postgres.wal.change.ReplayStop.HeldLocks;
import org.tidemark.recoverability.Archives;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.recoverability.PlanFinding.Severity;
import org.tidemark.restore.plan.RestorePlan.Chosen;
import org.tidemark.restore.plan.RestorePlanner;
import org.tidemark.restore.request.RestoreRequest;

/** What a plan says of the end of its recovery. The backup of the plan ends in segment 5. */
class StopFindingsTest {
    private static final Path DIRECTORY = Path.of("/pg/restored");
    private static final Lsn STOP = at(12, 0x100);
    private static final Ended KEPT = new Ended(700, at(12, 0), at(12, 0x40), minute(11), true);
    private static final Ended LEFT = new Ended(701, STOP, at(12, 0x140), minute(13), true);

    private static Chosen plan(Action action) {
        RecoveryTarget target = new RecoveryTarget.AtTime(minute(12), Bound.INCLUSIVE);
        return (Chosen) new RestorePlanner()
                .plan(
                        RestoreRequest.of(DIRECTORY, target).withAction(action),
                        new Archives().wal(1, 1, 40).backup("A", 1, 5).build());
    }

    private static List<PlanFinding> findings(Action action, ReplayStop stop) {
        return new StopFindings(plan(action), stop, RelationNames.NONE).all();
    }

    private static Moment moment(Lsn at) {
        return new Moment(at, at.plus(-0x40));
    }

    private static ReplayStop locked(boolean knowsAll, HeldLocks... locks) {
        return new ReplayStop(STOP, Optional.empty(), Optional.empty(), List.of(locks), knowsAll, List.of());
    }

    @Test
    void theTransactionsAroundItAreNamedAsFarAsTheyAreKnown() {
        assertThat(findings(
                        Action.PAUSE,
                        new ReplayStop(STOP, Optional.of(KEPT), Optional.of(LEFT), List.of(), true, List.of())))
                .singleElement()
                .satisfies(note -> assertThat(note.message())
                        .startsWith("stops at " + STOP + ", before the end of transaction 701 at ")
                        .contains("; the last commit that is kept is that of transaction 700 at "));
        assertThat(findings(
                        Action.PAUSE,
                        new ReplayStop(STOP, Optional.of(KEPT), Optional.empty(), List.of(), true, List.of())))
                .singleElement()
                .satisfies(note ->
                        assertThat(note.message()).startsWith("stops at " + STOP + "; the last commit that is kept"));
        assertThat(findings(Action.PAUSE, locked(true))).isEmpty();
    }

    @Test
    void aLockMattersOnlyToWhoLooksAndNamesThePositionBeforeTheFirst() {
        HeldLocks first = new HeldLocks(702, moment(at(10, 0x500)), false, 5, List.of(16384L));
        HeldLocks second = new HeldLocks(703, moment(at(11, 0x500)), false, 5, List.of(16385L));

        assertThat(findings(Action.PROMOTE, locked(true, first, second))).isEmpty();
        assertThat(findings(Action.PAUSE, locked(true, first, second)))
                .singleElement()
                .satisfies(each -> {
                    assertThat(each.severity()).isEqualTo(Severity.WARNING);
                    assertThat(each.message())
                            .contains("OID 16384, the relation with OID 16385 in the database with OID 5")
                            .endsWith("have not ended: 702, 703");
                    assertThat(each.hint()).contains("--target-lsn " + at(10, 0x500) + " --exclusive");
                });
    }

    /** Of no position is it said that a table can be read there, unless it is known, and the backup leads to it. */
    @Test
    void aPositionIsNamedOnlyWhereItIsKnownAndReached() {
        HeldLocks old = new HeldLocks(702, moment(at(10, 0x500)), true, 5, List.of(16384L));
        HeldLocks early = new HeldLocks(702, moment(at(4, 0x500)), false, 5, List.of(16384L));
        HeldLocks plain = new HeldLocks(702, moment(at(10, 0x500)), false, 5, List.of(16384L));

        for (ReplayStop each : List.of(locked(true, old), locked(true, early), locked(false, plain))) {
            assertThat(findings(Action.PAUSE, each))
                    .singleElement()
                    .satisfies(warning -> assertThat(warning.hint())
                            .doesNotContain("--target-lsn")
                            .contains("--target-action promote"));
        }
    }

    @Test
    void aHalfDroppedDatabaseIsAWarningWhateverTheServerDoesThere() {
        for (Action action : Action.values()) {
            List<PlanFinding> findings = findings(
                    action,
                    new ReplayStop(
                            STOP,
                            Optional.empty(),
                            Optional.empty(),
                            List.of(),
                            true,
                            List.of(
                                    new HalfDropped(704, Optional.of(16390L), moment(at(11, 0x900))),
                                    new HalfDropped(705, Optional.empty(), moment(at(4, 0x900))))));

            assertThat(findings).hasSize(2).allMatch(each -> each.severity() == Severity.WARNING);
            assertThat(findings.getFirst().message())
                    .startsWith("the database with OID 16390 will be invalid")
                    .contains("transaction 704");
            assertThat(findings.getFirst().hint()).endsWith("--target-lsn " + at(11, 0x900) + " --exclusive");
            assertThat(findings.getLast().hint()).doesNotContain("--target-lsn").contains("from an earlier backup");
        }
    }
}
