// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import java.util.List;
import java.util.Optional;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile;

/**
 * Which WAL of one incarnation is archived, and which segments are missing in it. Immutable.
 *
 * @param timelines rising
 */
public record WalInventory(List<TimelineInventory> timelines) {
    public WalInventory {
        timelines = List.copyOf(timelines);
    }

    public Optional<TimelineInventory> timeline(Timeline timeline) {
        return timelines.stream()
                .filter(each -> each.timeline().equals(timeline))
                .findFirst();
    }

    /** The holes of all timelines. */
    public List<WalHole> holes() {
        return timelines.stream().flatMap(each -> each.holes().stream()).toList();
    }

    public boolean contains(WalFile.Segment segment) {
        return timeline(segment.timeline()).stream()
                .flatMap(each -> each.runs().stream())
                .anyMatch(run -> run.first().compareTo(segment) <= 0 && segment.compareTo(run.last()) <= 0);
    }
}
