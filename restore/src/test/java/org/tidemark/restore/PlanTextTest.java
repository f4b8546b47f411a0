// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tidemark.recoverability.Archives.minute;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.core.ClusterName;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.RecoveryTarget.Bound;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.recoverability.Archives;
import org.tidemark.recoverability.BackupCandidate.TablespacePlace;
import org.tidemark.restore.plan.Preflight;
import org.tidemark.restore.plan.RestorePlan;
import org.tidemark.restore.plan.RestorePlan.Chosen;
import org.tidemark.restore.plan.RestorePlanner;
import org.tidemark.restore.plan.TargetFacts;
import org.tidemark.restore.plan.TargetFacts.Content;
import org.tidemark.restore.plan.TargetFacts.DirectoryFacts;
import org.tidemark.restore.plan.TargetFacts.Owner;
import org.tidemark.restore.recovery.RecoverySettings;
import org.tidemark.restore.request.RestoreRequest;
import org.tidemark.restore.request.Role;

class PlanTextTest {
    private static final Path DIRECTORY = Path.of("/pg/restored");
    private static final Path FAST = Path.of("/mnt/fast");
    private static final ClusterIdentity CLUSTER = new ClusterIdentity(
            new ClusterName("main"), new SystemIdentifier(7312089945514410L), Archives.SIZE, 8192, 15);

    @Test
    void aPlanSaysWhatWouldBeDoneAndWhatIsInItsWay() {
        RestoreRequest request = RestoreRequest.of(DIRECTORY, new RecoveryTarget.AtTime(minute(8), Bound.INCLUSIVE));
        Chosen plan = (Chosen) new RestorePlanner()
                .plan(
                        request,
                        new Archives()
                                .wal(1, 1, 10)
                                .backupWithTablespaces(
                                        "A", 5, new TablespacePlace(16384, Optional.empty(), FAST.toString(), 1000))
                                .build());
        TargetFacts facts = new TargetFacts(
                Map.of(
                        DIRECTORY,
                                new DirectoryFacts(
                                        new Content.Empty(), "disk", Optional.of(5L << 30), true, Optional.empty()),
                        FAST,
                                new DirectoryFacts(
                                        new Content.Empty(), "other", Optional.of(22L << 20), true, Optional.empty())),
                new Owner("postgres", false),
                Set.of());

        PreparedRestore prepared = new PreparedRestore(
                CLUSTER, Preflight.check(plan, CLUSTER.system(), facts), Optional.empty(), Optional.of(facts));
        String text = prepared.text();

        assertThat(prepared.textOfStart()).as("it has a problem").isEqualTo(text);
        assertThat(text).isEqualTo("""
                        PLAN for main · nothing has been written · 1 problem
                        target    2026-11-20 00:08:00Z, inclusive, timeline 1; reachable: yes; then pause
                        backup    A, ended 2026-11-20 00:05:00Z, 3m00s before the target; the newest that ended before the target
                        read      2.0 KiB
                        write     4.9 KiB, 10 files to '/pg/restored'; free 5.0 GiB; owner postgres
                        WAL       000000010000000000000005 .. 000000010000000000000008: 4 segments, 3.9 KiB, complete
                        space     tablespace 16384 to '/mnt/fast', 1000 bytes
                                  tablespace 16384 at '/mnt/fast': 64 MiB needed, 22 MiB free   PROBLEM
                                  HINT: Put it elsewhere: --tablespace 16384=DIR
                        settings  postgresql.auto.conf: restore_command, recovery_target_*; archiving and subscriptions off; recovery.signal
                        then      as user 'postgres':
                                  1. Start the server; it replays its WAL up to the target and pauses there, read-only:
                                       pg_ctl -D /pg/restored -l /pg/restored/start.log start
                                  2. Repeat this until the first column is 't': PostgreSQL waits at the target, unless its log says 'insufficient parameter settings'. Then check the data (where the target is a time or a transaction, a table that the next one drops is locked):
                                       psql -h /var/run/postgresql -d postgres -c 'select pg_is_wal_replay_paused(), pg_last_xact_replay_timestamp()'
                                  3. If it is what you want, open the database for writing:
                                       psql -h /var/run/postgresql -d postgres -c 'select pg_wal_replay_resume()'
                                  4. Repeat this until it answers 'f': the database is open for writing:
                                       psql -h /var/run/postgresql -d postgres -c 'select pg_is_in_recovery()'
                                  5. If it is to be the production server, let it archive again: this resets what recover wrote, and says how to restart. Then take a backup:
                                       tidemark setup primary
                                       tidemark backup
                        """);
    }

    @Test
    void whatTheProgramDoesItselfIsNoStepOfTheOperator() {
        RestorePlan.Chosen plan = (RestorePlan.Chosen) new RestorePlanner()
                .plan(
                        RestoreRequest.of(DIRECTORY, new RecoveryTarget.Latest()),
                        new Archives().wal(1, 1, 10).backup("A", 1, 5).build());
        PreparedRestore prepared = new PreparedRestore(CLUSTER, plan, Optional.empty(), Optional.empty());

        assertThat(prepared.steps(plan))
                .hasSizeGreaterThan(2)
                .first()
                .satisfies(
                        first -> assertThat(first.text()).startsWith("Start the server; it replays its WAL and opens"));
        assertThat(prepared.started().steps(plan))
                .isEqualTo(prepared.steps(plan).subList(2, prepared.steps(plan).size()));
    }

    @Test
    void aStandbyThatIsStartedLeavesNothingToDo() {
        RestorePlan.Chosen plan = (RestorePlan.Chosen) new RestorePlanner()
                .plan(
                        RestoreRequest.of(DIRECTORY, new RecoveryTarget.Latest())
                                .withRole(new Role.Standby("host=primary")),
                        new Archives().wal(1, 1, 10).backup("A", 1, 5).build());

        assertThat(new PreparedRestore(CLUSTER, plan, Optional.empty(), Optional.empty())
                        .started()
                        .text())
                .doesNotContain("then  ", "1. ");
    }

    @Test
    void thePlanOfAStandbySaysWhatItFollowsAndHowItIsStarted() {
        RestorePlan plan = new RestorePlanner()
                .plan(
                        RestoreRequest.of(DIRECTORY, new RecoveryTarget.Latest())
                                .withRole(new Role.Standby("host=primary")),
                        new Archives().wal(1, 1, 10).backup("A", 1, 5).build());

        String text = new PreparedRestore(CLUSTER, plan, Optional.empty(), Optional.empty()).text();

        assertThat(text)
                .contains(
                        "timeline 1; reachable: yes; then stream from the primary\n",
                        "settings  postgresql.auto.conf: restore_command, primary_conninfo; standby.signal\n",
                        "1. Start the server; it replays the archived WAL, and then streams from the primary:",
                        "2. Repeat this until it answers 'streaming':")
                .doesNotContain("setup primary", "3. ");
    }

    @Test
    void thePlanOfADelayedStandbySaysItsDelay() {
        RestorePlan plan = new RestorePlanner()
                .plan(
                        RestoreRequest.of(DIRECTORY, new RecoveryTarget.Latest())
                                .withRole(new Role.Standby("host=primary", Duration.ofMinutes(90), Optional.empty())),
                        new Archives().wal(1, 1, 10).backup("A", 1, 5).build());

        assertThat(new PreparedRestore(CLUSTER, plan, Optional.empty(), Optional.empty()).text())
                .contains(
                        "; then follow the primary with a delay of 1h30m\n",
                        "primary_conninfo, recovery_min_apply_delay; standby.signal\n",
                        "it replays each commit 1h30m after it was made on the primary:");
        assertThat(RecoverySettings.of((RestorePlan.Chosen) plan, "x").values())
                .containsEntry("recovery_min_apply_delay", "5400000");
    }

    @Test
    void aPlanThatIsImpossibleSaysWhatIsPossible() {
        RestorePlan plan = new RestorePlanner()
                .plan(
                        RestoreRequest.of(DIRECTORY, new RecoveryTarget.AtTime(minute(4), Bound.EXCLUSIVE)),
                        new Archives()
                                .wal(1, 1, 10)
                                .backup("A", 1, 5)
                                .unreadableBackup("B")
                                .build());

        String text = new PreparedRestore(CLUSTER, plan, Optional.empty(), Optional.empty()).text();

        assertThat(text).isEqualTo("""
                        PLAN for main · nothing has been written · 1 problem, 1 warning
                        target    2026-11-20 00:04:00Z, exclusive; reachable: no
                                  the target 2026-11-20 00:04:00Z is earlier than the end of backup A   PROBLEM
                                  HINT: The nearest possible target: --target-time '2026-11-20 00:05:00Z'.
                                  backup B was not considered: its description cannot be read   WARNING
                                  HINT: See what is damaged with: tidemark verify B
                        """);
    }

    @Test
    void whetherARestorePointOrATransactionIsThereIsNotCertain() {
        for (RecoveryTarget target :
                List.of(new RecoveryTarget.AtRestorePoint("nope"), new RecoveryTarget.AtXid(99_999, Bound.INCLUSIVE))) {
            RestorePlan plan = new RestorePlanner()
                    .plan(
                            RestoreRequest.of(Path.of("/pg/restored"), target),
                            new Archives().wal(1, 1, 40).backup("A", 1, 5).build());
            String text = new PreparedRestore(CLUSTER, plan, Optional.empty(), Optional.empty()).text();
            assertThat(text).contains("reachable: not certain", "only the WAL itself tells whether it holds");
            if (target instanceof RecoveryTarget.AtRestorePoint) {
                assertThat(text).contains("a later backup may also work", "--backup");
            }
        }
    }
}
