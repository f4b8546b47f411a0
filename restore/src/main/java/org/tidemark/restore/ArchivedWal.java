// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.time.Instant;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.NavigableMap;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;

/** Which segments an archive holds, at one moment. Immutable. */
public final class ArchivedWal {
    private final WalSegmentSize size;
    private final NavigableMap<Timeline, NavigableMap<Long, Stored>> segments = new TreeMap<>();
    private final Set<Segment> partials;

    /**
     * An archived segment.
     *
     * @param sizeBytes as stored
     * @param stored by the store's clock: no commit in the segment is younger
     */
    public record Stored(Segment segment, long sizeBytes, Instant stored) {}

    public ArchivedWal(WalSegmentSize size, Collection<Stored> stored, Collection<Segment> partials) {
        this.size = size;
        for (Stored each : stored) {
            segments.computeIfAbsent(each.segment().timeline(), ignored -> new TreeMap<>())
                    .put(each.segment().index(size), each);
        }
        this.partials = new HashSet<>(partials);
    }

    public WalSegmentSize segmentSize() {
        return size;
    }

    /** The timelines of which there is a segment. */
    public SortedSet<Timeline> timelines() {
        return Collections.unmodifiableSortedSet(segments.navigableKeySet());
    }

    /** By their place counted from 0/0; empty if there is none. */
    NavigableMap<Long, Stored> of(Timeline timeline) {
        return Collections.unmodifiableNavigableMap(segments.getOrDefault(timeline, Collections.emptyNavigableMap()));
    }

    /** Whether there is the whole segment, or what its timeline's end left of it. */
    boolean hasWholeOrPartial(Segment segment) {
        return of(segment.timeline()).containsKey(segment.index(size)) || partials.contains(segment);
    }
}
