// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.receive;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.tidemark.archiver.receive.StartPlan.Start;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.WalSegmentSize;

class StartPlanTest {
    private static final WalSegmentSize SIZE = new WalSegmentSize(1 << 20);

    /** Timeline 3 left timeline 1 inside segment 8; timeline 2 is not on its path. */
    private static final StartPlan PLAN = new StartPlan(
            TimelineHistory.parse(new Timeline(3), "1\t0/880000\tno recovery target specified\n"),
            Lsn.parse("0/C12345"),
            SIZE);

    @Test
    void withoutAnythingHeldItStartsAtTheSlotElseAtTheEndOfTheServersWal() {
        assertThat(PLAN.start(List.of(), Optional.of(Lsn.parse("0/A00028")))).isEqualTo(from(3, "0/A00000"));
        assertThat(PLAN.start(List.of(), Optional.empty())).isEqualTo(from(3, "0/C00000"));
    }

    @Test
    void aSlotThatBeginsOnAnAncestorStartsOnThatTimeline() {
        assertThat(PLAN.start(List.of(), Optional.of(Lsn.parse("0/700028")))).isEqualTo(from(1, "0/700000"));
        assertThat(PLAN.start(List.of(), Optional.of(Lsn.parse("0/87FFFF")))).isEqualTo(from(1, "0/800000"));
        assertThat(PLAN.start(List.of(), Optional.of(Lsn.parse("0/880000")))).isEqualTo(from(3, "0/800000"));
    }

    @Test
    void whatIsHeldComesBeforeTheSlotAndTheLaterOfTwoCounts() {
        List<WalPosition> held = List.of(at(1, "0/500000"), at(3, "0/900000"));

        assertThat(PLAN.start(held, Optional.of(Lsn.parse("0/A00000")))).isEqualTo(from(3, "0/900000"));
    }

    @Test
    void anAncestorIsReceivedToItsEnd() {
        assertThat(PLAN.start(List.of(at(1, "0/500000")), Optional.empty())).isEqualTo(from(1, "0/500000"));
        assertThat(PLAN.start(List.of(at(1, "0/800000")), Optional.empty())).isEqualTo(from(1, "0/800000"));
    }

    @Test
    void whatWasReceivedOfAnAncestorAfterItsEndIsFollowedByTheSegmentOfTheSwitch() {
        assertThat(PLAN.start(List.of(at(1, "0/900000")), Optional.empty())).isEqualTo(from(3, "0/800000"));
    }

    @Test
    void aTimelineThatTheServerDoesNotComeFromIsNotContinued() {
        assertThat(PLAN.start(List.of(at(2, "0/B00000")), Optional.empty())).isEqualTo(from(3, "0/C00000"));
        assertThat(PLAN.start(List.of(at(2, "0/B00000"), at(1, "0/700000")), Optional.empty()))
                .isEqualTo(from(1, "0/700000"));
    }

    @Test
    void aServerWithoutTheWalThatIsNeededNextIsWaitedFor() {
        assertThat(PLAN.start(List.of(at(3, "0/D00000")), Optional.empty()))
                .isEqualTo(new Start.NotYet("its WAL ends at 0/C12345, before 0/D00000, which is needed next"));
        assertThat(PLAN.start(List.of(at(4, "0/A00000")), Optional.empty()))
                .isEqualTo(new Start.NotYet("it is on timeline 3, but WAL of timeline 4 was received already"));
    }

    private static Start from(int timeline, String lsn) {
        return new Start.From(at(timeline, lsn));
    }

    private static WalPosition at(int timeline, String lsn) {
        return new WalPosition(new Timeline(timeline), Lsn.parse(lsn));
    }
}
