// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.backup.Mark.Searched;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.operations.verify.WalSearch.Run;

class WalSearchTest {
    private static final WalSegmentSize SIZE = WalSegmentSize.DEFAULT;
    private static final long LOG = SIZE.segmentsPerLog();

    private static Segment segment(int timeline, long index) {
        return Segment.of(new Timeline(timeline), index, SIZE);
    }

    private static NavigableSet<Segment> range(int timeline, long first, long last) {
        NavigableSet<Segment> segments = new TreeSet<>();
        for (long index = first; index <= last; index++) {
            segments.add(segment(timeline, index));
        }
        return segments;
    }

    @Test
    void aRunEndsBeforeAGapAtTheEndOfALogAndWithItsTimeline() {
        NavigableSet<Segment> segments = range(1, LOG - 3, LOG + 1);
        segments.addAll(range(1, LOG + 3, LOG + 3));
        segments.addAll(range(2, LOG + 4, LOG + 7));

        assertThat(WalSearch.longest(segments, SIZE))
                .containsExactly(
                        new Run(segment(2, LOG + 4), segment(2, LOG + 7), 4),
                        new Run(segment(1, LOG - 3), segment(1, LOG - 1), 3),
                        new Run(segment(1, LOG), segment(1, LOG + 1), 2),
                        new Run(segment(1, LOG + 3), segment(1, LOG + 3), 1));
    }

    @Test
    void oneMarkTakesTheLongest() {
        NavigableSet<Segment> segments = new TreeSet<>();
        for (long log = 1; log <= Searched.MAX_RANGES + 10; log++) {
            segments.add(segment(1, log * LOG));
        }
        segments.addAll(range(1, (Searched.MAX_RANGES + 20) * LOG, (Searched.MAX_RANGES + 20) * LOG + 5));

        List<Run> runs = WalSearch.longest(segments, SIZE);

        assertThat(runs).hasSize(Searched.MAX_RANGES);
        assertThat(runs.getFirst().segments()).isEqualTo(6);
    }
}
