// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.drill;

import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import org.tidemark.recoverability.PlannedTimeline;
import org.tidemark.recoverability.PlannedTimeline.Span;

/**
 * How much of the recoverable time begins with a backup that a drill has proven. Immutable.
 *
 * @param drilled the moments that a recovery reaches from such a backup
 * @param all the moments that a recovery reaches, of all timelines
 */
public record DrilledTime(Duration drilled, Duration all) {
    /**
     * Adds up the moments.
     *
     * @param timelines what a recovery to each moment would do
     * @param isDrilled whether the last drill of the backup with this id has passed
     */
    public static DrilledTime of(List<PlannedTimeline> timelines, Predicate<String> isDrilled) {
        Duration drilled = Duration.ZERO;
        Duration all = Duration.ZERO;
        for (PlannedTimeline timeline : timelines) {
            for (Span span : timeline.spans()) {
                Duration length = Duration.between(span.from(), span.until());
                all = all.plus(length);
                drilled = isDrilled.test(span.backup()) ? drilled.plus(length) : drilled;
            }
        }
        return new DrilledTime(drilled, all);
    }

    /** From 0 to 100, rounded down; 0 if nothing can be recovered. */
    public int percent() {
        return all.isZero() ? 0 : (int) (100.0 * drilled.toMillis() / Math.max(1, all.toMillis()));
    }
}
