// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.time.Instant;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.SortedSet;
import java.util.TreeMap;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;

/** Which segments an archive holds, at one moment. Immutable. */
public final class ArchivedWal {
    private final WalSegmentSize size;
    private final NavigableMap<Timeline, NavigableMap<Long, Stored>> segments = new TreeMap<>();
    private final Map<Segment, Lsn> partials = new HashMap<>();

    /**
     * An archived segment.
     *
     * @param sizeBytes as stored
     * @param stored by the store's clock: no commit in the segment is younger
     */
    public record Stored(Segment segment, long sizeBytes, Instant stored) {}

    /**
     * What is left of a segment in which a timeline ended.
     *
     * @param end of its last page that holds anything
     */
    public record Partial(Segment segment, Lsn end) {}

    public ArchivedWal(WalSegmentSize size, Collection<Stored> stored, Collection<Partial> partials) {
        this.size = size;
        for (Stored each : stored) {
            segments.computeIfAbsent(each.segment().timeline(), ignored -> new TreeMap<>())
                    .put(each.segment().index(size), each);
        }
        for (Partial each : partials) {
            this.partials.merge(each.segment(), each.end(), (one, other) -> one.isAfter(other) ? one : other);
        }
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

    /** Whether there is the whole segment, or a partial one that goes as far as {@code end}. */
    boolean holds(Segment segment, Lsn end) {
        Lsn partial = partials.get(segment);
        return of(segment.timeline()).containsKey(segment.index(size)) || (partial != null && !partial.isBefore(end));
    }
}
