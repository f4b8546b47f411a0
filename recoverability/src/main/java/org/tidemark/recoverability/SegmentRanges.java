// SPDX-License-Identifier: Apache-2.0
package org.tidemark.recoverability;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.TimelineHistory.Switch;
import org.tidemark.core.TimelinePath;
import org.tidemark.core.TimelinePath.Stretch;
import org.tidemark.core.WalSegmentSize;

/** Numbers of segments of one timeline, as ranges that neither touch nor overlap. Not thread-safe. */
public final class SegmentRanges {
    private final TreeMap<Long, Long> lastByFirst = new TreeMap<>();

    /** Both ends included. */
    public record Range(long first, long last) {}

    /** Those of a timeline, which are put there if there are none. */
    public static SegmentRanges of(Map<Timeline, SegmentRanges> timelines, Timeline timeline) {
        return timelines.computeIfAbsent(timeline, any -> new SegmentRanges());
    }

    /**
     * Adds what a recovery along a path may read from one segment to another, both included: of each place the segment
     * itself, and what stands in for it.
     */
    public static void addAlong(
            TimelineHistory history,
            WalSegmentSize size,
            long first,
            long last,
            Map<Timeline, SegmentRanges> timelines) {
        for (Stretch stretch : new TimelinePath(history, size).stretches()) {
            of(timelines, stretch.timeline()).add(Math.max(first, stretch.first()), Math.min(last, stretch.last()));
        }
        for (Switch end : history.switches()) {
            long place = size.segmentNumber(end.at());
            if (first <= place && place <= last) {
                of(timelines, end.parent()).add(place, place);
            }
        }
    }

    /** Adds a range, both ends included; nothing if it ends before it begins. */
    public void add(long first, long last) {
        if (first > last) {
            return;
        }
        long from = first;
        long to = last;
        Map.Entry<Long, Long> before = lastByFirst.floorEntry(from);
        if (before != null && (before.getValue() == Long.MAX_VALUE || before.getValue() + 1 >= from)) {
            from = before.getKey();
            to = Math.max(to, before.getValue());
        }
        long touching = to == Long.MAX_VALUE ? to : to + 1;
        Map.Entry<Long, Long> next = lastByFirst.ceilingEntry(from);
        while (next != null && next.getKey() <= touching) {
            to = Math.max(to, next.getValue());
            touching = to == Long.MAX_VALUE ? to : to + 1;
            lastByFirst.remove(next.getKey());
            next = lastByFirst.ceilingEntry(from);
        }
        lastByFirst.put(from, to);
    }

    /** In rising order. */
    public List<Range> all() {
        return lastByFirst.entrySet().stream()
                .map(each -> new Range(each.getKey(), each.getValue()))
                .toList();
    }

    /** The parts of a range that are not in any of these. */
    public List<Range> without(long first, long last) {
        List<Range> free = new ArrayList<>();
        long next = first;
        for (Map.Entry<Long, Long> each : lastByFirst.entrySet()) {
            if (each.getKey() > last) {
                break;
            }
            if (each.getValue() < next) {
                continue;
            }
            if (each.getKey() > next) {
                free.add(new Range(next, each.getKey() - 1));
            }
            if (each.getValue() >= last) {
                return free;
            }
            next = each.getValue() + 1;
        }
        if (next <= last) {
            free.add(new Range(next, last));
        }
        return free;
    }
}
