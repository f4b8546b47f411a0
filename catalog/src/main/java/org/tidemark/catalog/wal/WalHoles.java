// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.wal;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.tidemark.catalog.wal.WalInventory.WalHole;
import org.tidemark.catalog.wal.WalInventory.WalRun;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.WalSegmentSize;

/**
 * Finds missing segments between archived ones: on each timeline between its own, and on the path of each timeline
 * between its ancestors' and its own. The path begins with the first archived segment on it: segments from before the
 * archive began are not a hole. Not thread-safe.
 */
final class WalHoles {
    private final SortedMap<Timeline, List<WalRun>> runs;
    private final WalSegmentSize size;
    private final Map<Timeline, TreeSet<WalHole>> holes = new TreeMap<>();

    private WalHoles(SortedMap<Timeline, List<WalRun>> runs, WalSegmentSize size) {
        this.runs = runs;
        this.size = size;
    }

    /**
     * The holes of each timeline, in order; a timeline without holes is left out.
     *
     * @param runs of each timeline, in order
     * @param histories of the timelines for which one could be read
     * @param removed on purpose: not missing
     */
    static Map<Timeline, List<WalHole>> find(
            SortedMap<Timeline, List<WalRun>> runs,
            Map<Timeline, TimelineHistory> histories,
            List<RemovedWal> removed,
            WalSegmentSize size) {
        WalHoles found = new WalHoles(runs, size);
        for (Map.Entry<Timeline, List<WalRun>> each : runs.entrySet()) {
            if (each.getValue().isEmpty()) {
                continue;
            }
            long first = each.getValue().getFirst().first().index(size);
            long last = each.getValue().getLast().last().index(size);
            found.require(each.getKey(), first, last);
            TimelineHistory history = histories.get(each.getKey());
            if (history != null) {
                found.requireWayTo(history, first);
            }
        }
        Map<Timeline, List<WalHole>> holes = new TreeMap<>();
        found.holes.forEach((timeline, missing) -> {
            List<WalHole> left = found.without(missing, removed);
            if (!left.isEmpty()) {
                holes.put(timeline, left);
            }
        });
        return holes;
    }

    private List<WalHole> without(Collection<WalHole> missing, List<RemovedWal> removed) {
        List<WalHole> left = new ArrayList<>(missing);
        for (RemovedWal each : removed) {
            List<WalHole> parts = new ArrayList<>();
            for (WalHole hole : left) {
                long first = hole.first().index(size);
                long last = hole.last().index(size);
                long from = Math.max(first, each.first().index(size));
                long to = Math.min(last, each.last().index(size));
                if (!hole.timeline().equals(each.timeline()) || from > to) {
                    parts.add(hole);
                    continue;
                }
                if (first < from) {
                    parts.add(WalHole.between(hole.timeline(), first, from - 1, size));
                }
                if (to < last) {
                    parts.add(WalHole.between(hole.timeline(), to + 1, last, size));
                }
            }
            left = parts;
        }
        return List.copyOf(left);
    }

    private void requireWayTo(TimelineHistory history, long firstOfTimeline) {
        boolean begun = false;
        long begin = 0;
        for (TimelineHistory.Switch ancestor : history.switches()) {
            // The segment that holds the switch is archived under the next timeline.
            long end = size.segmentNumber(ancestor.at());
            Optional<Long> firstArchived = firstBetween(ancestor.parent(), begin, end);
            if (begun) {
                require(ancestor.parent(), begin, end - 1);
            } else if (firstArchived.isPresent()) {
                require(ancestor.parent(), firstArchived.get(), end - 1);
                begun = true;
            }
            begin = end;
        }
        if (begun) {
            require(history.timeline(), begin, firstOfTimeline - 1);
        }
    }

    private Optional<Long> firstBetween(Timeline timeline, long from, long to) {
        for (WalRun run : runs.getOrDefault(timeline, List.of())) {
            long first = Math.max(from, run.first().index(size));
            if (first < to && first <= run.last().index(size)) {
                return Optional.of(first);
            }
        }
        return Optional.empty();
    }

    /** Notes the missing segments from the place {@code from} up to and with the place {@code to}. */
    private void require(Timeline timeline, long from, long to) {
        long next = from;
        for (WalRun run : runs.getOrDefault(timeline, List.of())) {
            long first = run.first().index(size);
            long last = run.last().index(size);
            if (first > to) {
                break;
            }
            if (last >= next) {
                note(timeline, next, first - 1);
                next = last + 1;
            }
        }
        note(timeline, next, to);
    }

    private void note(Timeline timeline, long from, long to) {
        if (from > to) {
            return;
        }
        // Two ways may ask for more or less of the same missing stretch: it is one hole, and counted once.
        TreeSet<WalHole> known = holes.computeIfAbsent(timeline, each -> new TreeSet<>());
        long first = from;
        long last = to;
        for (WalHole hole : List.copyOf(known)) {
            long holeFirst = hole.first().index(size);
            long holeLast = hole.last().index(size);
            if (holeFirst <= last + 1 && first <= holeLast + 1) {
                first = Math.min(first, holeFirst);
                last = Math.max(last, holeLast);
                known.remove(hole);
            }
        }
        known.add(WalHole.between(timeline, first, last, size));
    }
}
