// SPDX-License-Identifier: Apache-2.0
package org.tidemark.recoverability;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.TimelinePath;
import org.tidemark.core.WalSegmentSize;

class MinimalWalTest {
    private static final WalSegmentSize SIZE = new WalSegmentSize(1 << 20);
    private static final Timeline SECOND = new Timeline(2);

    /** Timeline 2 leaves timeline 1 at 0/C000A0. */
    private static final TimelinePath ALONG_THE_SECOND =
            new TimelinePath(TimelineHistory.parse(SECOND, "1\t0/C000A0\tno recovery target specified\n"), SIZE);

    private static List<Lsn> on(TimelinePath path, Timeline timeline, String position) {
        return new MinimalWal(Map.of(timeline, List.of(Lsn.parse(position)))).on(path);
    }

    /** The recovery that the hint proposes ends there, and its timeline has nothing of the record. */
    @Test
    void aRecordWhereAPathLeavesItsTimelineIsNotOnThePath() {
        assertThat(on(ALONG_THE_SECOND, Timeline.FIRST, "0/C000A0")).isEmpty();
        assertThat(on(ALONG_THE_SECOND, Timeline.FIRST, "0/D00000")).isEmpty();
        assertThat(on(ALONG_THE_SECOND, Timeline.FIRST, "0/C00098")).hasSize(1);
        assertThat(on(new TimelinePath(TimelineHistory.root(Timeline.FIRST), SIZE), Timeline.FIRST, "0/C000A0"))
                .hasSize(1);
    }

    /** The first segment of a timeline begins with WAL of the one before it, which may be archived there alone. */
    @Test
    void aRecordBeforeItsTimelineBeganIsOnThePath() {
        assertThat(on(ALONG_THE_SECOND, SECOND, "0/C00028")).hasSize(1);
        assertThat(on(ALONG_THE_SECOND, SECOND, "0/C000A0")).hasSize(1);
        TimelineHistory second = ALONG_THE_SECOND.history();
        assertThat(MinimalWal.ownerOf(Lsn.parse("0/C00028"), second)).isEqualTo(Timeline.FIRST);
        assertThat(MinimalWal.ownerOf(Lsn.parse("0/C000A0"), second)).isEqualTo(SECOND);
    }

    @Test
    void aRecordOfAnotherTimelineIsNot() {
        assertThat(on(ALONG_THE_SECOND, new Timeline(3), "0/C00028")).isEmpty();
    }
}
