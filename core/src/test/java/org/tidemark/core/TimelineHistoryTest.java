// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class TimelineHistoryTest {
    private final TimelineHistory third = TimelineHistory.parse(
            new Timeline(3),
            "1\t0/27012130\tno recovery target specified\n\n# a comment\n2\t0/3000000\tbefore\n"
                    .replace("0/3000000", "0/30000000"));

    @Test
    void thePathTellsWhoOwnedAPosition() {
        assertThat(third.ownerOf(Lsn.parse("0/2701212F"))).isEqualTo(new Timeline(1));
        assertThat(third.ownerOf(Lsn.parse("0/27012130"))).isEqualTo(new Timeline(2));
        assertThat(third.ownerOf(Lsn.parse("0/30000000"))).isEqualTo(new Timeline(3));
    }

    @Test
    void whatAnAncestorWroteAfterItsEndDoesNotLieOnThePath() {
        assertThat(third.passes(new Timeline(1), Lsn.parse("0/27012130"))).isTrue();
        assertThat(third.passes(new Timeline(1), Lsn.parse("0/27012131"))).isFalse();
        assertThat(third.passes(new Timeline(4), Lsn.parse("0/1"))).isFalse();
        assertThat(third.passes(new Timeline(3), Lsn.parse("0/2FFFFFFF"))).isFalse();
    }

    /** PostgreSQL wrote this when a recovery along timeline 2 ended, by its target, before timeline 2 began. */
    private final TimelineHistory beforeItsParent = TimelineHistory.parse(
            new Timeline(3), "1\t0/3018CB0\tno recovery target specified\n\n2\t0/3018C48\tbefore transaction 737\n");

    @Test
    void aTimelineEndsAtTheLowestOfTheLaterSwitchPoints() {
        assertThat(beforeItsParent.endOf(new Timeline(1))).contains(Lsn.parse("0/3018C48"));
        assertThat(beforeItsParent.ownerOf(Lsn.parse("0/3018C47"))).isEqualTo(new Timeline(1));
        assertThat(beforeItsParent.ownerOf(Lsn.parse("0/3018C48"))).isEqualTo(new Timeline(3));
        assertThat(beforeItsParent.passes(new Timeline(1), Lsn.parse("0/3018C49")))
                .isFalse();
        assertThat(beforeItsParent.begin()).isEqualTo(Lsn.parse("0/3018C48"));
    }

    @Test
    void anAncestorThatBeganAfterTheNextOneOwnsNothing() {
        assertThat(beforeItsParent.includes(new Timeline(2))).isTrue();
        assertThat(beforeItsParent.passes(new Timeline(2), Lsn.parse("0/3018CB0")))
                .isFalse();
    }

    @Test
    void aHistoryWhoseTimelinesDoNotRiseIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TimelineHistory.parse(new Timeline(3), "2\t0/5\tx\n1\t0/6\tx\n"));
        assertThatIllegalArgumentException().isThrownBy(() -> TimelineHistory.parse(new Timeline(2), "2\t0/5\tx\n"));
        assertThatIllegalArgumentException().isThrownBy(() -> TimelineHistory.parse(new Timeline(2), "garbage"));
    }
}
