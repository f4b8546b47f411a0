// SPDX-License-Identifier: Apache-2.0
package org.tidemark.server.promotion;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.tidemark.core.Amounts;
import org.tidemark.core.Finding;
import org.tidemark.core.Finding.Severity;
import org.tidemark.server.promotion.PromotionFacts.LeftBehind;
import org.tidemark.server.promotion.PromotionFacts.OldPrimary;
import org.tidemark.server.promotion.PromotionFacts.Standby;

/**
 * Decides whether a standby may be promoted: it must be proven, as far as that is possible from here, that its primary
 * writes no more. Pure and immutable.
 *
 * @param findings a critical one forbids it
 */
public record PromotionPlan(List<Finding> findings) {
    private static final String PRIMARY = "primary";
    private static final String STANDBY = "standby";
    private static final String ARCHIVE = "archive";

    public PromotionPlan {
        findings = List.copyOf(findings);
    }

    public boolean isAllowed() {
        return Finding.worst(findings) != Severity.CRITICAL;
    }

    /** The plan for the facts of one moment. */
    static PromotionPlan of(PromotionFacts facts, Instant now) {
        List<Finding> findings = new ArrayList<>();
        findings.add(standby(facts.standby(), now));
        findings.add(primary(facts));
        facts.archive()
                .highest()
                .filter(highest -> highest.compareTo(facts.standby().timeline()) > 0)
                .ifPresent(highest -> findings.add(Finding.critical(
                        ARCHIVE,
                        "timeline " + highest + " has begun already, and this standby replays timeline "
                                + facts.standby().timeline() + ": another server was promoted",
                        "Is that one the primary? Let this standby follow it: tidemark clone --to DIR --primary"
                                + " CONNINFO")));
        facts.archive()
                .ahead()
                .forEach(hole -> findings.add(Finding.warning(
                        ARCHIVE,
                        hole.inWords() + (hole.count() == 1 ? " is" : " are") + " missing from the repositories: the"
                                + " standby does not replay the archived WAL after it",
                        "Is it in pg_wal of the old primary? Archive it from there first: tidemark wal-push FILE")));
        facts.archive()
                .newest()
                .ifPresent(newest -> findings.add(Finding.ok(
                        ARCHIVE,
                        "the newest archived segment of timeline " + newest.timeline() + " is " + newest.name())));
        if (facts.standby().recovers()) {
            findings.add(left(facts.left()));
        }
        findings.addAll(facts.unread());
        return new PromotionPlan(findings);
    }

    private static Finding standby(Standby standby, Instant now) {
        if (!standby.recovers()) {
            return Finding.critical(
                    STANDBY,
                    "the server is not a standby: it accepts writes",
                    "If it is the new primary, set up archiving with: tidemark setup primary");
        }
        if (standby.streams()) {
            return Finding.critical(
                    STANDBY,
                    "the standby still streams: its primary runs",
                    "Stop the primary first. It sends its remaining WAL to this standby as it shuts down.");
        }
        if (standby.isPaused() || standby.delay().isPositive()) {
            return Finding.critical(
                    STANDBY,
                    (standby.isPaused()
                                    ? "the replay of the standby is paused at " + standby.replayed()
                                    : "the standby replays each commit " + Amounts.duration(standby.delay())
                                            + " after it was made, and is at " + standby.replayed())
                            + ": a promotion first replays everything that was received and archived, also an"
                            + " accident",
                    "To open it at a moment before, use: tidemark recover --on-delayed DIR --target-time TIME. To promote"
                            + " it with everything, "
                            + (standby.isPaused()
                                    ? "first run: SELECT pg_wal_replay_resume()"
                                    : "first set recovery_min_apply_delay to 0, and reload."));
        }
        return Finding.ok(
                STANDBY,
                "the standby has replayed up to " + standby.replayed() + " on timeline " + standby.timeline()
                        + standby.commit()
                                .map(commit -> ", the last replayed commit is "
                                        + Amounts.duration(Duration.between(commit, now)) + " old")
                                .orElse(""));
    }

    private static Finding left(LeftBehind left) {
        String kept = "WAL up to " + left.kept() + " was received or is archived";
        return left.there().isEmpty()
                ? Finding.ok(PRIMARY, kept + ": commits that the primary made after it are lost by the promotion")
                : left.there().get().count() == 0
                        ? Finding.ok(PRIMARY, kept + ", and pg_wal of the primary has no commit after it")
                        : Finding.warning(
                                PRIMARY,
                                kept + ", and pg_wal of the primary has "
                                        + left.there().get().inWords()
                                        + ", after it: the promotion loses "
                                        + (left.there().get().count() == 1 ? "it" : "them"),
                                "If the primary can be started and stopped once more, it archives them, and sends them to"
                                        + " its standbys. Otherwise archive each complete segment first: tidemark"
                                        + " wal-push FILE");
    }

    private static Finding primary(PromotionFacts facts) {
        String stop = "Stop it first. Two primaries would write two histories of the same data.";
        return switch (facts.primary()) {
            case OldPrimary.Open _ ->
                Finding.critical(PRIMARY, "the server at the cluster's conninfo is a primary, and runs", stop);
            case OldPrimary.Alive alive ->
                Finding.critical(
                        PRIMARY,
                        "the server at the cluster's conninfo runs, but rejects the login: " + alive.why(),
                        stop);
            case OldPrimary.Follower _ ->
                Finding.warning(
                        PRIMARY,
                        "the cluster's conninfo names another standby, so it is not known whether the primary runs",
                        "Make sure that the primary is stopped.");
            case OldPrimary.Itself _ ->
                Finding.warning(
                        PRIMARY,
                        "the cluster's conninfo names this standby, so it is not known whether the primary runs",
                        "Make sure that the primary is stopped.");
            case OldPrimary.Silent silent ->
                Finding.warning(
                        PRIMARY,
                        "the primary does not answer: " + silent.why() + ". It may still run where this host"
                                + " cannot reach it",
                        "Make sure that it is stopped, and that nothing starts it again.");
        };
    }

    /** With what has changed since {@code before}: WAL that arrives proves that the primary writes. */
    PromotionPlan after(PromotionFacts before, PromotionFacts after, Duration waited) {
        List<Finding> all = new ArrayList<>(findings);
        boolean archived = after.archive().newest().isPresent()
                && !after.archive().newest().equals(before.archive().newest());
        boolean received = !after.standby().received().equals(before.standby().received());
        if (archived || received) {
            all.add(Finding.critical(
                    PRIMARY,
                    "WAL of timeline " + after.standby().timeline() + " still arrives"
                            + (archived
                                    ? ": "
                                            + after.archive()
                                                    .newest()
                                                    .map(each -> each.name())
                                                    .orElse("") + " is new in the repositories"
                                    : " at the standby")
                            + ": its primary may run",
                    "Stop the primary. If it is stopped, and a host still archives WAL that it had queued, wait until"
                            + " that queue is empty, and try again."));
        } else {
            all.add(Finding.ok(PRIMARY, "no WAL has arrived for " + Amounts.duration(waited)));
        }
        return new PromotionPlan(all);
    }
}
