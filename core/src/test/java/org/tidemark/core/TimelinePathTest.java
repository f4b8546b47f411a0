// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.tidemark.core.TimelinePath.SegmentSource;
import org.tidemark.core.WalFile.Segment;

class TimelinePathTest {
    /** Timeline 1 ended within segment 3, timeline 2 exactly where segment 5 begins. */
    private final TimelinePath path = new TimelinePath(
            TimelineHistory.parse(new Timeline(3), "1\t0/3000100\tx\n2\t0/5000000\tx\n"), WalSegmentSize.DEFAULT);

    @Test
    void whatAnAncestorWroteBeforeItsEndIsHandedOut() {
        assertThat(path.sourceOf(segment(1, 2))).isEqualTo(new SegmentSource.AsArchived());
        assertThat(path.sourceOf(segment(2, 4))).isEqualTo(new SegmentSource.AsArchived());
    }

    @Test
    void theSegmentThatContainsTheSwitchBelongsToTheChild() {
        assertThat(path.sourceOf(segment(1, 3)))
                .isEqualTo(new SegmentSource.EndsHere(Lsn.parse("0/3000100"), List.of(segment(2, 3))));
        assertThat(path.sourceOf(segment(2, 3))).isEqualTo(new SegmentSource.AsArchived());
    }

    @Test
    void whatAnAncestorWroteAfterItsEndDoesNotExist() {
        assertThat(path.sourceOf(segment(1, 4))).isInstanceOf(SegmentSource.OffThePath.class);
        assertThat(path.sourceOf(segment(2, 5))).isInstanceOf(SegmentSource.OffThePath.class);
        assertThat(path.sourceOf(segment(4, 5))).isInstanceOf(SegmentSource.OffThePath.class);
    }

    @Test
    void beforeItsFirstByteATimelineHasNoSegment() {
        assertThat(path.sourceOf(segment(3, 4))).isInstanceOf(SegmentSource.OffThePath.class);
        assertThat(path.sourceOf(segment(3, 5))).isEqualTo(new SegmentSource.AsArchived());
        assertThat(path.sourceOf(segment(2, 2))).isInstanceOf(SegmentSource.OffThePath.class);
    }

    @Test
    void severalSwitchesWithinOneSegmentHaveSeveralChildren() {
        TimelinePath twice = new TimelinePath(
                TimelineHistory.parse(new Timeline(3), "1\t0/3000100\tx\n2\t0/3000200\tx\n"), WalSegmentSize.DEFAULT);

        assertThat(twice.sourceOf(segment(1, 3)))
                .isEqualTo(new SegmentSource.EndsHere(Lsn.parse("0/3000100"), List.of(segment(2, 3), segment(3, 3))));
        assertThat(twice.sourceOf(segment(2, 3)))
                .isEqualTo(new SegmentSource.EndsHere(Lsn.parse("0/3000200"), List.of(segment(3, 3))));
    }

    @Test
    void theFirstTimelineNeedsNoHistory() {
        TimelinePath first = new TimelinePath(TimelineHistory.root(Timeline.FIRST), WalSegmentSize.DEFAULT);

        assertThat(first.sourceOf(segment(1, 9))).isEqualTo(new SegmentSource.AsArchived());
        assertThat(first.sourceOf(segment(2, 9))).isInstanceOf(SegmentSource.OffThePath.class);
    }

    private static Segment segment(int timeline, int number) {
        return (Segment) WalFile.parse(String.format("%08X00000000%08X", timeline, number));
    }
}
