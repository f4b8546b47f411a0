// SPDX-License-Identifier: Apache-2.0
package org.tidemark.server.promotion;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.wal.WalInventory.WalHole;
import org.tidemark.core.Finding;
import org.tidemark.core.Finding.Severity;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.postgres.wal.Commits;
import org.tidemark.server.promotion.PromotionFacts.Archive;
import org.tidemark.server.promotion.PromotionFacts.LeftBehind;
import org.tidemark.server.promotion.PromotionFacts.OldPrimary;
import org.tidemark.server.promotion.PromotionFacts.Standby;

class PromotionPlanTest {
    private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
    private static final Segment FIFTH = segment("000000020000000000000005");

    private boolean recovers = true;
    private boolean streams;
    private boolean isPaused;
    private Duration delay = Duration.ZERO;
    private Optional<Lsn> received = Optional.of(Lsn.parse("0/6000000"));
    private OldPrimary primary = new OldPrimary.Silent("connection refused");
    private Optional<Segment> newest = Optional.of(FIFTH);
    private Timeline highest = new Timeline(2);
    private List<WalHole> ahead = List.of();
    private LeftBehind left = new LeftBehind(Lsn.parse("0/6000000"), Optional.empty());
    private List<Finding> unread = new ArrayList<>();

    private static Segment segment(String name) {
        return (Segment) WalFile.parse(name);
    }

    private PromotionFacts facts() {
        Standby standby = new Standby(
                recovers,
                new Timeline(2),
                streams,
                received,
                Lsn.parse("0/6000000"),
                Optional.of(NOW.minusSeconds(90)),
                isPaused,
                delay);
        return new PromotionFacts(standby, primary, new Archive(newest, Optional.of(highest), ahead), left, unread);
    }

    private PromotionPlan plan() {
        return PromotionPlan.of(facts(), NOW);
    }

    /** The only one that forbids it. */
    private String refusal(PromotionPlan plan) {
        assertThat(plan.isAllowed()).as(plan.toString()).isFalse();
        List<Finding> critical = plan.findings().stream()
                .filter(each -> each.severity() == Severity.CRITICAL)
                .toList();
        assertThat(critical).hasSize(1);
        assertThat(critical.getFirst().hint()).isNotEmpty();
        return critical.getFirst().message();
    }

    @Test
    void aStandbyWhosePrimaryIsSilentMayBePromoted() {
        assertThat(plan().isAllowed()).isTrue();
        assertThat(plan().findings())
                .extracting(Finding::message)
                .containsExactly(
                        "the standby has replayed up to 0/6000000 on timeline 2, the last replayed commit is 1m30s old",
                        "the primary does not answer: connection refused. It may still run where this host cannot"
                                + " reach it",
                        "the newest archived segment of timeline 2 is " + FIFTH.name(),
                        "WAL up to 0/6000000 was received or is archived: commits that the primary made after it are"
                                + " lost by the promotion");
    }

    @Test
    void whatThePrimaryCommittedLastIsCountedWhereItsWalIsHere() {
        left = new LeftBehind(left.kept(), Optional.of(Commits.NONE));
        assertThat(plan().findings().getLast().message())
                .isEqualTo("WAL up to 0/6000000 was received or is archived, and pg_wal of the primary has no commit"
                        + " after it");

        left = new LeftBehind(
                left.kept(), Optional.of(new Commits(3, Optional.of(NOW.minusSeconds(9)), Optional.of(NOW))));
        Finding lost = plan().findings().getLast();
        assertThat(lost.severity()).isEqualTo(Severity.WARNING);
        assertThat(lost.message())
                .endsWith(
                        "pg_wal of the primary has 3 commits, from 2026-03-01 11:59:51Z to 2026-03-01 12:00:00Z, after"
                                + " it: the promotion loses them");
        assertThat(lost.hint()).contains("tidemark wal-push FILE");
        assertThat(plan().isAllowed()).isTrue();
    }

    @Test
    void noneIsPromotedWhilePrimaryIsSeen() {
        streams = true;
        assertThat(refusal(plan())).isEqualTo("the standby still streams: its primary runs");
        streams = false;
        primary = new OldPrimary.Open();
        assertThat(refusal(plan())).isEqualTo("the server at the cluster's conninfo is a primary, and runs");
        primary = new OldPrimary.Alive("password authentication failed");
        assertThat(refusal(plan())).endsWith("rejects the login: password authentication failed");
    }

    @Test
    void whatDoesNotTellOfThePrimaryIsAWarning() {
        for (OldPrimary each :
                List.of(new OldPrimary.Follower(), new OldPrimary.Itself(), new OldPrimary.Silent("timeout"))) {
            primary = each;
            assertThat(plan().isAllowed()).as(each.toString()).isTrue();
            assertThat(plan().findings().get(1).severity()).as(each.toString()).isEqualTo(Severity.WARNING);
        }
    }

    @Test
    void aPrimaryIsNoStandby() {
        recovers = false;
        assertThat(refusal(plan())).isEqualTo("the server is not a standby: it accepts writes");
    }

    /** A promotion replays everything first, also the accident for which the standby waits. */
    @Test
    void oneThatIsPausedOrDelayedIsNotPromoted() {
        delay = Duration.ofHours(1);
        assertThat(refusal(plan()))
                .isEqualTo("the standby replays each commit 1h00m after it was made, and is at 0/6000000: a promotion"
                        + " first replays everything that was received and archived, also an accident");
        isPaused = true;
        assertThat(refusal(plan())).startsWith("the replay of the standby is paused at 0/6000000: ");
    }

    @Test
    void oneThatAnotherOneHasPassedIsNotPromoted() {
        highest = new Timeline(3);
        assertThat(refusal(plan()))
                .isEqualTo("timeline 3 has begun already, and this standby replays timeline 2: another server was"
                        + " promoted");
        highest = Timeline.FIRST;
        assertThat(plan().isAllowed()).isTrue();
    }

    @Test
    void archivedWalThatItCannotReachIsNamed() {
        ahead = List.of(new WalHole(FIFTH, FIFTH, 1), new WalHole(FIFTH, segment("000000020000000000000007"), 3));
        assertThat(plan().isAllowed()).isTrue();
        assertThat(plan().findings())
                .extracting(Finding::message)
                .contains(
                        FIFTH.name() + " is missing from the repositories: the standby does not replay the archived WAL"
                                + " after it",
                        "3 segments, " + FIFTH.name() + " to 000000020000000000000007, are missing from the"
                                + " repositories: the standby does not replay the archived WAL after it");
    }

    @Test
    void whatCouldNotBeReadIsTold() {
        Finding silent = Finding.warning("archive", "'far' does not answer", "Try again.");
        unread.add(silent);
        assertThat(plan().findings()).endsWith(silent);
    }

    @Test
    void walThatArrivesProvesThatThePrimaryWrites() {
        PromotionFacts before = facts();
        PromotionPlan plan = plan();
        Duration waited = Duration.ofSeconds(5);

        assertThat(plan.after(before, facts(), waited).isAllowed()).isTrue();
        assertThat(plan.after(before, facts(), waited).findings())
                .endsWith(Finding.ok("primary", "no WAL has arrived for 5s"));

        received = Optional.of(Lsn.parse("0/6000028"));
        assertThat(refusal(plan.after(before, facts(), waited)))
                .isEqualTo("WAL of timeline 2 still arrives at the standby: its primary may run");
        newest = Optional.of(segment("000000020000000000000006"));
        assertThat(refusal(plan.after(before, facts(), waited)))
                .isEqualTo("WAL of timeline 2 still arrives: 000000020000000000000006 is new in the repositories: its"
                        + " primary may run");
    }

    @Test
    void aRepositoryThatAnswersNoMoreIsNoArrival() {
        PromotionFacts before = facts();
        newest = Optional.empty();
        assertThat(plan().after(before, facts(), Duration.ofSeconds(5)).isAllowed())
                .isTrue();
    }
}
