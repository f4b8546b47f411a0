// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.RecoveryTarget.AtLsn;
import org.tidemark.core.RecoveryTarget.AtRestorePoint;
import org.tidemark.core.RecoveryTarget.AtTime;
import org.tidemark.core.RecoveryTarget.AtXid;
import org.tidemark.core.RecoveryTarget.Bound;
import org.tidemark.core.RecoveryTarget.Immediate;
import org.tidemark.core.RecoveryTarget.Latest;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.operations.recovery.DelayedPlan.Facts;
import org.tidemark.recoverability.LaterTimeline;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.restore.request.Role;

class DelayedPlanTest {
    private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
    private static final Instant NOW = NOON.plus(Duration.ofMinutes(10));
    private static final Timeline SECOND = new Timeline(2);

    private boolean runs = true;
    private boolean recovers = true;
    private boolean isPaused;
    private Lsn replayed = Lsn.parse("0/5000000");
    private Optional<Instant> commit = Optional.of(NOON.minusSeconds(60));
    private Instant checkpoint = NOON.minusSeconds(300);
    private List<TimelineHistory> known = List.of();

    private DelayedPlan plan(RecoveryTarget target) {
        Facts facts = new Facts(
                Path.of("/delayed"),
                Timeline.FIRST,
                LaterTimeline.newest(known, Timeline.FIRST),
                runs,
                recovers,
                isPaused,
                Duration.ofHours(1),
                replayed,
                commit,
                checkpoint);
        return DelayedPlan.of(facts, new Role.Recovery(target, Optional.empty()), NOW);
    }

    private static AtTime until(Instant time) {
        return new AtTime(time, Bound.INCLUSIVE);
    }

    private static List<ExitCode> problems(DelayedPlan plan) {
        return plan.findings().stream()
                .filter(PlanFinding::isProblem)
                .map(PlanFinding::exitCode)
                .toList();
    }

    private static String said(DelayedPlan plan) {
        assertThat(plan.findings()).hasSize(1);
        return plan.findings().getFirst().message();
    }

    @Test
    void aTimeIsReachedWhileNoLaterCommitIsReplayed() {
        assertThat(said(plan(until(NOON)))).isEqualTo("it would replay the target in 50m00s");
        isPaused = true;
        assertThat(said(plan(until(NOON)))).isEqualTo("it has not replayed the target yet");
        isPaused = false;
        assertThat(said(plan(until(NOON.minusSeconds(60)))))
                .as("a commit at this very time")
                .startsWith("it would replay the target in ");
        assertThat(problems(plan(new AtTime(NOON.minusSeconds(60), Bound.EXCLUSIVE))))
                .containsExactly(ExitCode.TARGET_UNREACHABLE);
        assertThat(said(plan(until(NOON.minusSeconds(61)))))
                .isEqualTo("it is too late: this standby has replayed the commits until 2026-03-01 11:59:00Z, and"
                        + " the target is before that");
    }

    /** After a start no commit is known, and the time of a checkpoint is cut to whole seconds. */
    @Test
    void aCheckpointTellsWhereNoCommitDoes() {
        commit = Optional.empty();
        assertThat(problems(plan(until(checkpoint.plusSeconds(1))))).isEmpty();
        assertThat(problems(plan(until(checkpoint.plusMillis(999))))).containsExactly(ExitCode.TARGET_UNREACHABLE);
        assertThat(problems(plan(until(checkpoint.minusSeconds(1))))).containsExactly(ExitCode.TARGET_UNREACHABLE);
    }

    @Test
    void ofOneThatDoesNotRunNoCommitIsKnown() {
        runs = false;
        commit = Optional.empty();
        DelayedPlan plan = plan(until(NOON));
        assertThat(plan.isPossible()).isTrue();
        assertThat(said(plan))
                .isEqualTo("it is not running, so the time of the last commit that it has replayed is not known");
        assertThat(plan.text()).contains("is not running", "WARNING").doesNotContain("replayed  up to");
    }

    @Test
    void aPositionIsReachedUpToWhatIsReplayed() {
        assertThat(plan(new AtLsn(replayed, Bound.INCLUSIVE)).findings()).isEmpty();
        assertThat(problems(plan(new AtLsn(Lsn.parse("0/4FFFFFF"), Bound.INCLUSIVE))))
                .containsExactly(ExitCode.TARGET_UNREACHABLE);
    }

    @Test
    void whatCannotBeToldIsAWarning() {
        for (RecoveryTarget target : List.of(new AtXid(770, Bound.INCLUSIVE), new AtRestorePoint("before"))) {
            assertThat(plan(target).isPossible()).as(target.toString()).isTrue();
            assertThat(said(plan(target))).startsWith("whether it has replayed the target already cannot be told");
        }
    }

    @Test
    void aTargetMustBeNamed() {
        assertThat(problems(plan(new Latest()))).containsExactly(ExitCode.USAGE);
        assertThat(problems(plan(new Immediate()))).containsExactly(ExitCode.USAGE);
    }

    @Test
    void onlyAStandbyIsStopped() {
        recovers = false;
        assertThat(problems(plan(until(NOON)))).containsExactly(ExitCode.RESTORE_REFUSED);
    }

    @Test
    void itGoesAlongTheNewestTimelineUnlessItHasReplayedMore() {
        known = List.of(TimelineHistory.parse(SECOND, "1\t0/5000000\tno recovery target specified\n"));
        assertThat(plan(until(NOON)).isPossible()).isTrue();
        assertThat(plan(until(NOON)).text())
                .contains(
                        "standby   '/delayed', timeline 1, replays each commit 1h00m after it was made",
                        "the recovery goes along timeline 2, which began after what this standby has replayed");

        replayed = Lsn.parse("0/5000001");
        assertThat(problems(plan(until(NOON)))).containsExactly(ExitCode.TARGET_UNREACHABLE);
        assertThat(plan(until(NOON)).text())
                .contains("timeline 2 left timeline 1 at 0/5000000, and this standby has replayed up to 0/5000001");

        known = List.of(TimelineHistory.parse(new Timeline(3), "2\t0/3000000\tno recovery target specified\n"));
        assertThat(plan(until(NOON)).findings())
                .as("it does not come from timeline 1")
                .hasSize(1);
    }
}
