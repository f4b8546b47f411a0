// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.drill;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.layout.WalNames;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.recoverability.PlannedTimeline;
import org.tidemark.recoverability.PlannedTimeline.Span;

class DrilledTimeTest {
    private static final Instant BEGIN = Instant.parse("2026-11-20T00:00:00Z");
    private static final Segment SEGMENT = WalNames.requireSegment("000000010000000000000001");

    private static Span span(int fromHour, int untilHour, String backup) {
        return new Span(
                BEGIN.plusSeconds(3600L * fromHour), BEGIN.plusSeconds(3600L * untilHour), backup, SEGMENT, true);
    }

    private static PlannedTimeline timeline(Span... spans) {
        return new PlannedTimeline(Timeline.FIRST, false, List.of(), List.of(spans), BEGIN);
    }

    @Test
    void onlyWhatADrilledBackupReachesCounts() {
        List<PlannedTimeline> timelines =
                List.of(timeline(span(0, 24, "a"), span(24, 30, "b"), span(30, 31, "a")), timeline(span(40, 45, "c")));

        DrilledTime drilled = DrilledTime.of(timelines, "a"::equals);
        assertThat(drilled.drilled()).isEqualTo(Duration.ofHours(25));
        assertThat(drilled.all()).isEqualTo(Duration.ofHours(36));
        assertThat(drilled.percent()).isEqualTo(69);
        assertThat(drilled.undrilled()).extracting(DrilledTime.Stretch::backup).containsExactly("b", "c");
        assertThat(DrilledTime.of(timelines, any -> true).percent()).isEqualTo(100);
        assertThat(DrilledTime.of(timelines, any -> false).percent()).isZero();
    }

    @Test
    void whatGoesOnIsOneStretch() {
        List<PlannedTimeline> timelines = List.of(timeline(span(0, 2, "b"), span(2, 3, "b"), span(4, 5, "b")));

        assertThat(DrilledTime.of(timelines, "a"::equals).undrilled())
                .containsExactly(
                        new DrilledTime.Stretch(Timeline.FIRST, BEGIN, BEGIN.plusSeconds(3 * 3600), "b"),
                        new DrilledTime.Stretch(
                                Timeline.FIRST, BEGIN.plusSeconds(4 * 3600), BEGIN.plusSeconds(5 * 3600), "b"));
    }

    @Test
    void nothingRecoverableIsNothingDrilled() {
        assertThat(DrilledTime.of(List.of(timeline()), any -> true).percent()).isZero();
    }
}
