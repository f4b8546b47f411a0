// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;

/** Which segments an archive holds, at one moment. Immutable. */
public final class ArchivedWal {
    private final WalSegmentSize size;
    private final NavigableMap<Timeline, NavigableMap<Long, Stored>> segments = new TreeMap<>();
    private final Map<Timeline, NavigableMap<Long, Partial>> partials = new HashMap<>();

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
     * @param stored by the store's clock: no commit in it is younger
     */
    public record Partial(Segment segment, Lsn end, Instant stored) {}

    public ArchivedWal(WalSegmentSize size, Collection<Stored> stored, Collection<Partial> partials) {
        this.size = size;
        for (Stored each : stored) {
            // The time of a copy that was made later says less about the age of its content.
            segments.computeIfAbsent(each.segment().timeline(), ignored -> new TreeMap<>())
                    .merge(
                            each.segment().index(size),
                            each,
                            (one, other) -> other.stored().isBefore(one.stored()) ? other : one);
        }
        for (Partial each : partials) {
            this.partials
                    .computeIfAbsent(each.segment().timeline(), ignored -> new TreeMap<>())
                    .merge(
                            each.segment().index(size),
                            each,
                            (one, other) -> other.end().isAfter(one.end()) ? other : one);
        }
    }

    /** What several archives of one incarnation hold together. */
    static ArchivedWal union(WalSegmentSize size, Collection<ArchivedWal> archives) {
        List<Stored> stored = new ArrayList<>();
        List<Partial> partials = new ArrayList<>();
        for (ArchivedWal each : archives) {
            each.segments.values().forEach(timeline -> stored.addAll(timeline.values()));
            each.partials.values().forEach(timeline -> partials.addAll(timeline.values()));
        }
        return new ArchivedWal(size, stored, partials);
    }

    public WalSegmentSize segmentSize() {
        return size;
    }

    /** The timelines of which there is a segment, whole or partial. */
    public SortedSet<Timeline> timelines() {
        SortedSet<Timeline> all = new TreeSet<>(segments.keySet());
        all.addAll(partials.keySet());
        return all;
    }

    /** By their place counted from 0/0; empty if there is none. */
    NavigableMap<Long, Stored> of(Timeline timeline) {
        return Collections.unmodifiableNavigableMap(segments.getOrDefault(timeline, Collections.emptyNavigableMap()));
    }

    /** Whether there is the whole segment, or a partial one that goes as far as {@code end}. */
    boolean holds(Segment segment, Lsn end) {
        return of(segment.timeline()).containsKey(segment.index(size))
                || partial(segment)
                        .filter(partial -> !partial.end().isBefore(end))
                        .isPresent();
    }

    /** The partial segment of that name, where there are several the one that goes furthest. */
    Optional<Partial> partial(Segment segment) {
        return Optional.ofNullable(partials.getOrDefault(segment.timeline(), Collections.emptyNavigableMap())
                .get(segment.index(size)));
    }

    /** The last partial segment of a timeline, if it lies past every whole one: there the timeline was cut off. */
    Optional<Partial> lastPartial(Timeline timeline) {
        NavigableMap<Long, Partial> found = partials.getOrDefault(timeline, Collections.emptyNavigableMap());
        NavigableMap<Long, Stored> whole = of(timeline);
        return found.isEmpty() || (!whole.isEmpty() && whole.lastKey() >= found.lastKey())
                ? Optional.empty()
                : Optional.of(found.lastEntry().getValue());
    }

    /** When the first thing of a timeline was stored; empty if there is none. */
    Optional<Instant> firstStored(Timeline timeline) {
        return Stream.concat(
                        of(timeline).values().stream().map(Stored::stored),
                        partials.getOrDefault(timeline, Collections.emptyNavigableMap()).values().stream()
                                .map(Partial::stored))
                .min(Instant::compareTo);
    }
}
