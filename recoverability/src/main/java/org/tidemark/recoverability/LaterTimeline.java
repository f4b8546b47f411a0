// SPDX-License-Identifier: Apache-2.0
package org.tidemark.recoverability;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;

/**
 * A timeline that comes from another one, and where it left that. Pure and immutable.
 *
 * @param history of the later timeline
 * @param own the earlier one; the same if there is no later one
 */
public record LaterTimeline(TimelineHistory history, Timeline own) {
    /** The newest that comes from a timeline, as {@code latest} means it; that timeline itself if there is none. */
    public static LaterTimeline newest(Collection<TimelineHistory> known, Timeline own) {
        return new LaterTimeline(
                known.stream()
                        .filter(each -> each.timeline().compareTo(own) > 0 && each.includes(own))
                        .max(Comparator.comparing(TimelineHistory::timeline))
                        .orElseGet(() -> TimelineHistory.root(own)),
                own);
    }

    public Timeline timeline() {
        return history.timeline();
    }

    public boolean isOwn() {
        return timeline().equals(own);
    }

    /** Whether what has replayed the earlier timeline up to a position can go on along the later one. */
    public boolean goesOnFrom(Lsn position) {
        return history.passes(own, position);
    }

    /** Where it left the earlier timeline; empty if it does not come from that. */
    public Optional<Lsn> left() {
        return history.endOf(own);
    }
}
