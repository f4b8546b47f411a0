// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.layout.StoredPartial;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;

/**
 * What is archived of one timeline. Immutable.
 *
 * @param runs in order of position; none if only a history or partial segments are archived
 * @param holes in order of position
 * @param partials in order of position
 * @param history empty if none is archived, or if it cannot be read
 * @param historyStored when the history was stored, by the store's clock; empty if none is archived
 * @param historyProblem why the history cannot be read
 */
public record TimelineInventory(
        Timeline timeline,
        List<WalRun> runs,
        List<WalHole> holes,
        List<StoredPartial> partials,
        Optional<TimelineHistory> history,
        Optional<Instant> historyStored,
        Optional<String> historyProblem) {
    public TimelineInventory {
        runs = List.copyOf(runs);
        holes = List.copyOf(holes);
        partials = List.copyOf(partials);
    }

    /** How many segments are archived. */
    public long segments() {
        return runs.stream().mapToLong(WalRun::count).sum();
    }

    /** The length of all segments' objects. */
    public long storedBytes() {
        return runs.stream().mapToLong(WalRun::storedBytes).sum();
    }
}
