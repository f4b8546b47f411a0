// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.drill;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.tidemark.core.Timeline;
import org.tidemark.recoverability.PlannedTimeline;
import org.tidemark.recoverability.PlannedTimeline.Span;

/**
 * How much of the recoverable time begins with a backup that a drill has proven. Immutable.
 *
 * @param drilled the moments that a recovery reaches from such a backup
 * @param all the moments that a recovery reaches, of all timelines
 * @param undrilled those of the others, in order of time in each timeline
 */
public record DrilledTime(Duration drilled, Duration all, List<Stretch> undrilled) {
    /**
     * Moments that are not proven.
     *
     * @param until the first moment that is not one of them
     * @param backup with which their recovery begins
     */
    public record Stretch(Timeline timeline, Instant from, Instant until, String backup) {}

    public DrilledTime {
        undrilled = List.copyOf(undrilled);
    }

    /**
     * Adds up the moments.
     *
     * @param timelines what a recovery to each moment would do
     * @param isDrilled whether the last drill of the backup with this id has passed
     */
    public static DrilledTime of(List<PlannedTimeline> timelines, Predicate<String> isDrilled) {
        Duration drilled = Duration.ZERO;
        Duration all = Duration.ZERO;
        List<Stretch> undrilled = new ArrayList<>();
        for (PlannedTimeline timeline : timelines) {
            for (Span span : timeline.spans()) {
                Duration length = Duration.between(span.from(), span.until());
                all = all.plus(length);
                if (isDrilled.test(span.backup())) {
                    drilled = drilled.plus(length);
                } else {
                    add(undrilled, new Stretch(timeline.timeline(), span.from(), span.until(), span.backup()));
                }
            }
        }
        return new DrilledTime(drilled, all, undrilled);
    }

    /** As one with the last, if it goes on there. */
    private static void add(List<Stretch> stretches, Stretch next) {
        if (!stretches.isEmpty()) {
            Stretch last = stretches.getLast();
            if (last.timeline().equals(next.timeline())
                    && last.until().equals(next.from())
                    && last.backup().equals(next.backup())) {
                stretches.removeLast();
                stretches.add(new Stretch(last.timeline(), last.from(), next.until(), last.backup()));
                return;
            }
        }
        stretches.add(next);
    }

    /** From 0 to 100, rounded down; 0 if nothing can be recovered. */
    public int percent() {
        return all.isZero() ? 0 : (int) (100.0 * drilled.toMillis() / Math.max(1, all.toMillis()));
    }
}
