// SPDX-License-Identifier: Apache-2.0
package org.tidemark.recoverability;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.tidemark.catalog.wal.TimelineWal;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.recoverability.RecoverableIntervals.Interval;

/**
 * Positions that no recovery reaches because something is damaged or missing. Immutable.
 *
 * @param timeline the one that wrote this WAL
 * @param begin the first position that is lost
 * @param end the first one that can be reached again, or the end of the archived WAL
 * @param from the moment up to which recovery is possible before it: the end of a backup, or when a segment was stored;
 *     empty if that is not known
 * @param to the first moment that can be reached again, or the last of the archived WAL; empty if that is not known
 */
public record LostInterval(Timeline timeline, Lsn begin, Lsn end, Optional<Instant> from, Optional<Instant> to) {

    /**
     * What is lost.
     *
     * @param whole as if nothing were damaged or missing
     * @param real what can be read
     * @param times when segments were stored: a catalog may know it only roughly
     * @param dated how many of the intervals get their times, for which a store is asked; the times of the others are
     *     empty
     */
    public static List<LostInterval> between(
            CatalogSnapshot whole, CatalogSnapshot real, StoredTimes times, int dated) {
        List<LostInterval> lost = new ArrayList<>();
        WalSegmentSize size = real.wal().segmentSize();
        Positions left = Positions.reachedIn(real);
        Positions.reachedIn(whole)
                .without(left)
                .forEach((timeline, ranges) -> ranges.forEach(
                        (begin, end) -> lost.add(new LostInterval(timeline, new Lsn(begin), new Lsn(end)))));
        // Where such a timeline began is written nowhere else.
        for (Timeline timeline : real.timelines()) {
            if (real.history(timeline).isEmpty() && whole.history(timeline).isEmpty()) {
                for (TimelineWal.Run run : real.wal().of(timeline).runs(0, Long.MAX_VALUE)) {
                    lost.add(new LostInterval(timeline, size.start(run.first()), size.start(run.last() + 1)));
                }
            }
        }
        for (int i = 0; i < Math.min(lost.size(), dated); i++) {
            lost.set(i, lost.get(i).dated(whole, real, times));
        }
        return List.copyOf(lost);
    }

    private LostInterval(Timeline timeline, Lsn begin, Lsn end) {
        this(timeline, begin, end, Optional.empty(), Optional.empty());
    }

    /** Tells when a segment was stored, by the store's clock. */
    @FunctionalInterface
    public interface StoredTimes {
        /** Empty if it is not there. */
        Optional<Instant> of(Segment segment);
    }

    private LostInterval dated(CatalogSnapshot whole, CatalogSnapshot real, StoredTimes times) {
        WalSegmentSize size = real.wal().segmentSize();
        long last = size.segmentNumber(end.plus(-1));
        Optional<Instant> since = endOfABackup(whole, timeline, begin)
                .or(() -> times.of(Segment.of(timeline, size.segmentNumber(begin.plus(-1)), size)))
                .or(() -> times.of(Segment.of(timeline, size.segmentNumber(begin), size)));
        Optional<Instant> until = endOfABackup(real, timeline, end)
                .or(() -> times.of(Segment.of(timeline, last, size)))
                .or(() -> real.wal().of(timeline).newest(size.segmentNumber(begin), last));
        return new LostInterval(
                timeline, begin, end, since, until.filter(at -> since.isEmpty() || !at.isBefore(since.get())));
    }

    private static Optional<Instant> endOfABackup(CatalogSnapshot catalog, Timeline timeline, Lsn at) {
        return catalog.backups().stream()
                .filter(each ->
                        each.timeline().equals(timeline) && each.stopLsn().equals(at))
                .map(BackupCandidate::ended)
                .min(Instant::compareTo);
    }

    /** Whether all of it is among what another catalog reaches. */
    public boolean isIn(Positions reached) {
        return reached.contains(timeline, begin.value(), end.value());
    }

    /** Whether a part of it is in a segment of its timeline. */
    public boolean touches(Segment segment, WalSegmentSize size) {
        return touches(segment, segment, size);
    }

    /** Whether a part of it is in the segments from one to another of its timeline. */
    public boolean touches(Segment first, Segment last, WalSegmentSize size) {
        return first.timeline().equals(timeline) && first.start(size).isBefore(end) && begin.isBefore(last.end(size));
    }

    /** Whether a position of its timeline is in it. */
    public boolean contains(Timeline of, Lsn position) {
        return of.equals(timeline) && !position.isBefore(begin) && position.isBefore(end);
    }

    /** Ranges of positions on the timelines that wrote them. Not thread-safe. */
    public static final class Positions {
        private final Map<Timeline, TreeMap<Long, Long>> ranges = new TreeMap<>();

        private Positions() {}

        /** Those to which a recovery can be made. */
        public static Positions reachedIn(CatalogSnapshot catalog) {
            Positions reached = new Positions();
            RecoverableIntervals.ofEachTimeline(catalog)
                    .forEach((timeline, intervals) -> catalog.history(timeline)
                            .ifPresent(history -> intervals.forEach(each -> reached.add(history, each))));
            return reached;
        }

        private void add(TimelineHistory history, Interval interval) {
            long begin = 0;
            for (TimelineHistory.Switch ancestor : history.switches()) {
                long end = ancestor.at().value();
                add(
                        ancestor.parent(),
                        Math.max(begin, interval.begin().value()),
                        Math.min(end, interval.end().value()));
                begin = end;
            }
            add(
                    history.timeline(),
                    Math.max(begin, interval.begin().value()),
                    interval.end().value());
        }

        private void add(Timeline timeline, long begin, long end) {
            if (begin >= end) {
                return;
            }
            TreeMap<Long, Long> known = ranges.computeIfAbsent(timeline, any -> new TreeMap<>());
            long from = begin;
            long to = end;
            Map.Entry<Long, Long> before = known.floorEntry(to);
            while (before != null && before.getValue() >= from) {
                from = Math.min(from, before.getKey());
                to = Math.max(to, before.getValue());
                known.remove(before.getKey());
                before = known.floorEntry(to);
            }
            known.put(from, to);
        }

        boolean contains(Timeline timeline, long begin, long end) {
            Map.Entry<Long, Long> around =
                    ranges.getOrDefault(timeline, new TreeMap<>()).floorEntry(begin);
            return around != null && around.getValue() >= end;
        }

        Map<Timeline, Map<Long, Long>> without(Positions others) {
            Map<Timeline, Map<Long, Long>> left = new TreeMap<>();
            ranges.forEach((timeline, own) -> {
                Map<Long, Long> rest = new TreeMap<>();
                TreeMap<Long, Long> other = others.ranges.getOrDefault(timeline, new TreeMap<>());
                own.forEach((begin, end) -> {
                    long next = begin;
                    for (Map.Entry<Long, Long> each : other.entrySet()) {
                        if (each.getKey() >= end) {
                            break;
                        }
                        if (each.getKey() > next) {
                            rest.put(next, each.getKey());
                        }
                        next = Math.max(next, each.getValue());
                    }
                    if (next < end) {
                        rest.put(next, end);
                    }
                });
                left.put(timeline, rest);
            });
            return left;
        }
    }
}
