// SPDX-License-Identifier: Apache-2.0
package org.tidemark.recoverability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tidemark.recoverability.Archives.segment;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.tidemark.core.Timeline;
import org.tidemark.recoverability.RequiredWal.Run;

class RequiredWalTest {
    private static RequiredWal wal(Run... runs) {
        return new RequiredWal(List.of(runs), 5, 5, List.of(), 0);
    }

    @Test
    void postgresqlAsksForTheNextSegmentAndForTheLastOneOfTheNewestTimeline() {
        RequiredWal parent = wal(new Run(segment(1, 3), segment(1, 7)));

        assertThat(parent.askedAfter(Timeline.FIRST, Archives.SIZE)).containsExactly(segment(1, 8));
        assertThat(parent.askedAfter(new Timeline(2), Archives.SIZE))
                .containsExactly(segment(2, 7), segment(2, 8), segment(1, 8));
        assertThat(wal(new Run(segment(1, 3), segment(1, 6)), new Run(segment(2, 7), segment(2, 7)))
                        .askedAfter(new Timeline(2), Archives.SIZE))
                .containsExactly(segment(2, 8));
        assertThat(wal().askedAfter(Timeline.FIRST, Archives.SIZE)).isEmpty();
    }
}
