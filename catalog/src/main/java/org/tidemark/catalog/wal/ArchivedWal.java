// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.wal;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.tidemark.catalog.wal.WalInventory.WalHole;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;

/** Which segments an archive holds, at one moment. Immutable. */
public final class ArchivedWal {
    private final WalSegmentSize size;
    private final Map<Timeline, TimelineWal> segments;
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
        this(size, inOrder(size, stored), partials);
    }

    /** @param segments of each timeline, a part of them if no more was listed */
    public ArchivedWal(WalSegmentSize size, Map<Timeline, TimelineWal> segments, Collection<Partial> partials) {
        this.size = size;
        this.segments = Map.copyOf(segments);
        for (Partial each : partials) {
            this.partials
                    .computeIfAbsent(each.segment().timeline(), ignored -> new TreeMap<>())
                    .merge(
                            each.segment().index(size),
                            each,
                            (one, other) -> other.end().isAfter(one.end()) ? other : one);
        }
    }

    private static Map<Timeline, TimelineWal> inOrder(WalSegmentSize size, Collection<Stored> stored) {
        List<Stored> sorted = new ArrayList<>(stored);
        sorted.sort(Comparator.comparing(Stored::segment));
        Map<Timeline, TimelineWal.Builder> builders = new HashMap<>();
        for (Stored each : sorted) {
            builders.computeIfAbsent(each.segment().timeline(), ignored -> new TimelineWal.Builder())
                    .add(each.segment().index(size), each.sizeBytes(), each.stored());
        }
        Map<Timeline, TimelineWal> segments = new HashMap<>();
        builders.forEach((timeline, builder) -> segments.put(timeline, builder.build()));
        return segments;
    }

    /** What several archives of one incarnation hold together. */
    public static ArchivedWal union(WalSegmentSize size, Collection<ArchivedWal> archives) {
        Map<Timeline, TimelineWal> segments = new HashMap<>();
        List<Partial> partials = new ArrayList<>();
        for (ArchivedWal each : archives) {
            each.segments.forEach((timeline, wal) -> segments.merge(timeline, wal, TimelineWal::and));
            each.partials.values().forEach(timeline -> partials.addAll(timeline.values()));
        }
        return new ArchivedWal(size, segments, partials);
    }

    /** The same without some whole segments. */
    public ArchivedWal without(Set<Segment> leftOut) {
        Map<Timeline, TimelineWal> left = new HashMap<>();
        segments.forEach((timeline, wal) -> left.put(
                timeline,
                wal.without(leftOut.stream()
                        .filter(each -> each.timeline().equals(timeline))
                        .mapToLong(each -> each.index(size))
                        .sorted()
                        .toArray())));
        return new ArchivedWal(
                size,
                left,
                partials.values().stream()
                        .flatMap(each -> each.values().stream())
                        .toList());
    }

    /** The same with whole segments, some of which are missing; nobody knows when those were stored. */
    public ArchivedWal with(Collection<WalHole> more) {
        Map<Timeline, TimelineWal.Builder> builders = new HashMap<>();
        Map<Timeline, Long> ends = new HashMap<>();
        for (WalHole each : more.stream().sorted().toList()) {
            long first = Math.max(each.first().index(size), ends.getOrDefault(each.timeline(), Long.valueOf(-1)) + 1);
            long last = each.last().index(size);
            if (first <= last) {
                builders.computeIfAbsent(each.timeline(), any -> new TimelineWal.Builder())
                        .add(first, last, 0, Instant.MAX);
                ends.put(each.timeline(), last);
            }
        }
        Map<Timeline, TimelineWal> filled = new HashMap<>();
        builders.forEach((timeline, builder) -> filled.put(timeline, builder.build()));
        return union(size, List.of(this, new ArchivedWal(size, filled, List.of())));
    }

    public WalSegmentSize segmentSize() {
        return size;
    }

    /** The timelines of which there is a segment, whole or partial. */
    public SortedSet<Timeline> timelines() {
        SortedSet<Timeline> all = new TreeSet<>();
        segments.forEach((timeline, wal) -> {
            if (!wal.isEmpty()) {
                all.add(timeline);
            }
        });
        all.addAll(partials.keySet());
        return all;
    }

    /** The whole segments of a timeline. */
    public TimelineWal of(Timeline timeline) {
        return segments.getOrDefault(timeline, TimelineWal.NONE);
    }

    /** Whether there is the whole segment, or a partial one that goes as far as {@code end}. */
    public boolean holds(Segment segment, Lsn end) {
        return of(segment.timeline()).contains(segment.index(size))
                || partial(segment)
                        .filter(partial -> !partial.end().isBefore(end))
                        .isPresent();
    }

    /** The partial segment of that name, where there are several the one that goes furthest. */
    public Optional<Partial> partial(Segment segment) {
        return Optional.ofNullable(partials.getOrDefault(segment.timeline(), Collections.emptyNavigableMap())
                .get(segment.index(size)));
    }

    /** The last partial segment of a timeline, if it is past every whole one: there the timeline was cut off. */
    public Optional<Partial> lastPartial(Timeline timeline) {
        NavigableMap<Long, Partial> found = partials.getOrDefault(timeline, Collections.emptyNavigableMap());
        return found.isEmpty()
                        || of(timeline).last(found.lastKey(), Long.MAX_VALUE).isPresent()
                ? Optional.empty()
                : Optional.of(found.lastEntry().getValue());
    }

    /** When a whole segment was stored; empty if it is not there. */
    public Optional<Instant> stored(Segment segment) {
        return of(segment.timeline()).stored(segment.index(size));
    }

    /** When the first thing of a timeline was stored; empty if there is none. */
    public Optional<Instant> firstStored(Timeline timeline) {
        return Stream.concat(
                        of(timeline).oldest().stream(),
                        partials.getOrDefault(timeline, Collections.emptyNavigableMap()).values().stream()
                                .map(Partial::stored))
                .min(Instant::compareTo);
    }
}
