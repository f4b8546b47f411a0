// SPDX-License-Identifier: Apache-2.0
package org.tidemark.server.promotion;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.tidemark.core.Finding;
import org.tidemark.core.Finding.Severity;
import org.tidemark.core.Lsn;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.server.promotion.FollowPlan.Standby;
import org.tidemark.server.promotion.FollowPlan.Upstream;

class FollowPlanTest {
    private static final SystemIdentifier SYSTEM = new SystemIdentifier(7312089945514410L);
    private static final SystemIdentifier OTHER = new SystemIdentifier(7312089945514411L);
    private static final Timeline SECOND = new Timeline(2);
    private static final TimelineHistory FROM_FIRST =
            TimelineHistory.parse(SECOND, "1\t0/5000000\tno recovery target specified\n");

    private boolean recovers = true;
    private Timeline timeline = Timeline.FIRST;
    private Lsn at = Lsn.parse("0/5000000");
    private String target = "latest";
    private String slot = "";
    private SystemIdentifier system = SYSTEM;
    private boolean isItself;
    private Optional<Boolean> upstreamRecovers = Optional.of(false);
    private TimelineHistory history = FROM_FIRST;
    private Lsn upstreamAt = Lsn.parse("0/6000000");
    private Optional<Boolean> hasSlot = Optional.empty();

    private FollowPlan plan() {
        return FollowPlan.of(
                new Standby(SYSTEM, recovers, timeline, at, target, slot, Duration.ZERO),
                new Upstream(
                        "db2:5432",
                        system,
                        isItself,
                        upstreamRecovers,
                        history.timeline(),
                        upstreamAt,
                        history,
                        hasSlot));
    }

    /** The only one that is not well. */
    private String refusal() {
        FollowPlan plan = plan();
        assertThat(plan.isAllowed()).as(plan.toString()).isFalse();
        List<Finding> bad = plan.findings().stream()
                .filter(each -> each.severity() != Severity.OK)
                .toList();
        assertThat(bad).hasSize(1);
        assertThat(bad.getFirst().hint()).isNotEmpty();
        return bad.getFirst().message();
    }

    @Test
    void aStandbyFollowsATimelineThatBeganWhereItIsOrLater() {
        assertThat(plan().findings())
                .containsExactly(Finding.ok(
                        "standby", "the standby is at 0/5000000 of timeline 1; timeline 2 began at 0/5000000"));
        at = Lsn.parse("0/5000028");
        assertThat(refusal())
                .isEqualTo("the standby has WAL of timeline 1 up to 0/5000028, and timeline 2 began at 0/5000000");
    }

    @Test
    void onOneTimelineItMayNotBeAheadOfTheServer() {
        history = TimelineHistory.root(Timeline.FIRST);
        upstreamAt = at;
        assertThat(plan().isAllowed()).isTrue();
        upstreamAt = Lsn.parse("0/4FFFFD8");
        assertThat(refusal())
                .isEqualTo("the standby has WAL of timeline 1 up to 0/5000000, and the server at db2:5432 up to"
                        + " 0/4FFFFD8");
    }

    @Test
    void theServerMustBeOnItsTimelineOrALaterOneThatComesFromIt() {
        timeline = new Timeline(3);
        assertThat(refusal()).isEqualTo("the standby is on timeline 3, and the server at db2:5432 on timeline 2");
        timeline = SECOND;
        history = TimelineHistory.parse(new Timeline(3), "1\t0/5000000\tno recovery target specified\n");
        assertThat(refusal()).isEqualTo("timeline 2 of the standby is no ancestor of timeline 3");
    }

    @Test
    void itMustBeAStandbyOfThisSystemAndNotTheServerItself() {
        system = OTHER;
        assertThat(refusal())
                .isEqualTo("the server at db2:5432 has system identifier 7312089945514411, and the standby has"
                        + " 7312089945514410");
        system = SYSTEM;
        isItself = true;
        assertThat(refusal()).isEqualTo("the server at db2:5432 is this standby itself");
        isItself = false;
        recovers = false;
        assertThat(refusal()).isEqualTo("the server is not a standby: it accepts writes");
    }

    @Test
    void aCascadeIsAllowedAndTold() {
        upstreamRecovers = Optional.of(true);
        assertThat(plan().isAllowed()).isTrue();
        assertThat(plan().findings()).extracting(Finding::severity).contains(Severity.WARNING);
        upstreamRecovers = Optional.empty();
        assertThat(plan().findings()).extracting(Finding::severity).containsOnly(Severity.OK);
    }

    @Test
    void aStandbyThatKeepsItsTimelineFollowsNoOther() {
        target = "current";
        assertThat(refusal())
                .isEqualTo("recovery_target_timeline is 'current': the standby does not change to timeline 2");
        history = TimelineHistory.root(Timeline.FIRST);
        assertThat(plan().isAllowed()).isTrue();
    }

    @Test
    void itsSlotMustBeThere() {
        slot = "db3";
        assertThat(plan().isAllowed()).as("the role cannot look for it").isTrue();
        assertThat(plan().findings()).extracting(Finding::severity).contains(Severity.WARNING);
        hasSlot = Optional.of(false);
        assertThat(refusal())
                .isEqualTo("primary_slot_name is 'db3', and the server at db2:5432 has no such slot: it would reject"
                        + " the standby");
        hasSlot = Optional.of(true);
        assertThat(plan().findings()).extracting(Finding::severity).containsOnly(Severity.OK);
    }
}
