// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.recovery;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.tidemark.core.Amounts;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.RecoveryTarget.Bound;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.UtcTime;
import org.tidemark.recoverability.LaterTimeline;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.recoverability.PlanFinding.Topic;
import org.tidemark.restore.request.Role;

/** Whether a delayed standby can still stop at a target. Pure. Immutable. */
public record DelayedPlan(Facts facts, List<PlanFinding> findings) {
    private static final String TITLE = "%-10s";

    /**
     * What is known of the standby.
     *
     * @param newest the newest timeline that comes from its own
     * @param recovers false if it takes writes
     * @param isPaused whether its replay is paused; true if it does not run
     * @param delay zero if it has none
     * @param replayed up to where; for one that does not run, at least
     * @param commit the time of the last commit of that; empty if none was replayed since its start
     * @param checkpoint when the last checkpoint was made that it has replayed
     */
    public record Facts(
            Path directory,
            Timeline timeline,
            LaterTimeline newest,
            boolean isRunning,
            boolean recovers,
            boolean isPaused,
            Duration delay,
            Lsn replayed,
            Optional<Instant> commit,
            Instant checkpoint) {}

    public DelayedPlan {
        findings = List.copyOf(findings);
    }

    static DelayedPlan of(Facts facts, Role.Recovery role, Instant now) {
        List<PlanFinding> findings = new ArrayList<>();
        if (!facts.recovers()) {
            findings.add(PlanFinding.problem(
                    ExitCode.RESTORE_REFUSED,
                    Topic.TARGET,
                    "the server in '" + facts.directory() + "' accepts writes, and is no standby",
                    "Recover from a backup into another directory, with: recover --to."));
        }
        path(facts).ifPresent(findings::add);
        switch (role.target()) {
            case RecoveryTarget.AtTime at -> findings.add(atTime(facts, at, now));
            case RecoveryTarget.AtLsn at -> {
                if (facts.replayed().compareTo(at.lsn()) > 0) {
                    findings.add(late("the WAL until " + facts.replayed()));
                }
            }
            case RecoveryTarget.AtXid _, RecoveryTarget.AtRestorePoint _ ->
                findings.add(PlanFinding.warning(
                        Topic.TARGET,
                        "whether it has replayed the target already cannot be told before it is reached",
                        "If it has, PostgreSQL replays to the end of the WAL, and does not start: name a time or a"
                                + " position."));
            case RecoveryTarget.Latest _, RecoveryTarget.Immediate _ ->
                findings.add(PlanFinding.problem(
                        ExitCode.USAGE,
                        Topic.TARGET,
                        "a delayed standby is stopped at a target, and none is named",
                        "Name one, such as --target-time with the time just before the accident."));
        }
        return new DelayedPlan(facts, findings);
    }

    /** After a failover within the delay, what the old primary still wrote was left by everybody else. */
    private static Optional<PlanFinding> path(Facts facts) {
        LaterTimeline newest = facts.newest();
        if (newest.isOwn()) {
            return Optional.empty();
        }
        return Optional.of(
                newest.goesOnFrom(facts.replayed())
                        ? PlanFinding.note(
                                Topic.TARGET,
                                "the recovery goes along timeline " + newest.timeline()
                                        + ", which began after what this standby" + " has replayed")
                        : PlanFinding.problem(
                                ExitCode.TARGET_UNREACHABLE,
                                Topic.TARGET,
                                "timeline " + newest.timeline() + " left timeline " + facts.timeline() + " at "
                                        + newest.left().orElseThrow()
                                        + ", and this standby has replayed up to " + facts.replayed()
                                        + ": it has changes that the new primary does not have",
                                "Recover from a backup into another directory, with the same target and with:"
                                        + " recover --to."));
    }

    /** PostgreSQL stops at the next commit that is later, also if it has replayed later ones before. */
    private static PlanFinding atTime(Facts facts, RecoveryTarget.AtTime at, Instant now) {
        Optional<Instant> late = facts.commit()
                .filter(commit ->
                        at.bound() == Bound.INCLUSIVE ? commit.isAfter(at.time()) : !commit.isBefore(at.time()));
        if (late.isPresent()) {
            return late("the commits until " + UtcTime.exact(late.get()));
        }
        // After a start, no commit may be known. Whatever was committed before a checkpoint comes before it, and its
        // time is cut to whole seconds.
        if (facts.checkpoint().plusSeconds(1).isAfter(at.time())) {
            return late("a checkpoint of " + UtcTime.exact(facts.checkpoint()));
        }
        if (!facts.isRunning()) {
            return PlanFinding.warning(
                    Topic.TARGET,
                    "it is not running, so the time of the last commit that it has replayed is not known",
                    "If it has replayed the target already, PostgreSQL does not start with the target, and replays"
                            + " nothing more.");
        }
        Duration left = Duration.between(now, at.time().plus(facts.delay()));
        return PlanFinding.note(
                Topic.TARGET,
                left.isPositive() && !facts.isPaused()
                        ? "it would replay the target in " + Amounts.duration(left)
                        : "it has not replayed the target yet");
    }

    private static PlanFinding late(String replayed) {
        return PlanFinding.problem(
                ExitCode.TARGET_UNREACHABLE,
                Topic.TARGET,
                "it is too late: this standby has replayed " + replayed + ", and the target is before that",
                "Recover from a backup into another directory, with the same target and with: recover --to.");
    }

    public boolean isPossible() {
        return findings.stream().noneMatch(PlanFinding::isProblem);
    }

    /**
     * Requires that it is possible.
     *
     * @throws UserFacingException for the first problem
     */
    public void orThrow() {
        findings.stream().filter(PlanFinding::isProblem).findFirst().ifPresent(problem -> {
            throw problem.asException();
        });
    }

    /** For people. */
    public String text() {
        StringBuilder text = new StringBuilder();
        text.append(String.format(Locale.ROOT, TITLE, "standby"))
                .append("'")
                .append(facts.directory())
                .append("', timeline ")
                .append(facts.timeline());
        text.append(
                facts.isRunning()
                        ? (facts.delay().isPositive()
                                ? ", replays each commit " + Amounts.duration(facts.delay()) + " after it was made"
                                : ", replays without a delay")
                        : ", is not running");
        text.append(facts.isRunning() && facts.isPaused() ? "; its replay is paused" : "")
                .append('\n');
        if (facts.isRunning()) {
            text.append(String.format(Locale.ROOT, TITLE, "replayed"))
                    .append("up to ")
                    .append(facts.replayed())
                    .append(facts.commit()
                            .map(commit -> ", the last commit is of " + UtcTime.exact(commit))
                            .orElse(""))
                    .append('\n');
        }
        for (PlanFinding each : findings) {
            text.append(" ".repeat(10)).append(each.message());
            text.append(each.isProblem() ? "   PROBLEM" : each.hint().isEmpty() ? "" : "   WARNING")
                    .append('\n');
            if (!each.hint().isEmpty()) {
                text.append(" ".repeat(10)).append("HINT: ").append(each.hint()).append('\n');
            }
        }
        return text.toString();
    }
}
