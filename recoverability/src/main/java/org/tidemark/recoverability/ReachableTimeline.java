// SPDX-License-Identifier: Apache-2.0
package org.tidemark.recoverability;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.catalog.wal.RemovedWal;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.TimelinePath;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.recoverability.RecoverableIntervals.Interval;
import org.tidemark.recoverability.RecoverableIntervals.Reason;
import org.tidemark.recoverability.RecoverableIntervals.Unreachable;

/**
 * The moments that can be reached with one timeline, and those between them that cannot. Immutable.
 *
 * @param spans at least one, in order of position
 * @param backups the ends of the backups from which a recovery to one of these moments can begin, in order of position
 * @param lost in order of position
 */
public record ReachableTimeline(Timeline timeline, List<Span> spans, List<Instant> backups, List<LostMoments> lost) {
    public ReachableTimeline {
        spans = List.copyOf(spans);
        backups = List.copyOf(backups);
        lost = List.copyOf(lost);
    }

    /**
     * Moments all of which can be reached.
     *
     * @param to when the last WAL was stored, which no commit in it is later than; not before {@code from}
     */
    public record Span(Instant from, Instant to) {}

    /**
     * Moments that cannot be reached, since WAL is missing: what a hole costs.
     *
     * @param from the end of the last span before the hole
     * @param until the end of the next backup; empty if there is none after the hole
     * @param missing the first segment that is missing
     * @param useless how many archived segments are after the hole and before the next backup
     * @param isRemoved whether an expiry removed the WAL on purpose
     */
    public record LostMoments(
            Instant from, Optional<Instant> until, Segment missing, long useless, boolean isRemoved) {}

    /**
     * One for each timeline to which a recovery can lead, that of {@code recover} without options first.
     *
     * @param recoverable what can be reached with this catalog
     * @param removed what expiry removed in any of its repositories
     */
    public static List<ReachableTimeline> of(
            CatalogSnapshot catalog, RecoverableIntervals recoverable, List<RemovedWal> removed) {
        Map<Timeline, List<Interval>> byTimeline = new LinkedHashMap<>();
        for (Interval each : recoverable.intervals()) {
            byTimeline
                    .computeIfAbsent(each.timeline(), any -> new ArrayList<>())
                    .add(each);
        }
        List<ReachableTimeline> found = new ArrayList<>();
        byTimeline.forEach((timeline, intervals) ->
                found.add(new Path(catalog, recoverable.unreachable(), removed, timeline, intervals).reachable()));
        return found;
    }

    /** The path to one timeline. */
    private record Path(
            CatalogSnapshot catalog,
            List<Unreachable> unreachable,
            List<RemovedWal> removed,
            Timeline timeline,
            List<Interval> intervals) {
        ReachableTimeline reachable() {
            TimelineHistory history = catalog.histories().getOrDefault(timeline, TimelineHistory.root(timeline));
            TimelinePath path = new TimelinePath(history, size());
            List<Span> spans = new ArrayList<>();
            List<LostMoments> lost = new ArrayList<>();
            for (int i = 0; i < intervals.size(); i++) {
                Interval each = intervals.get(i);
                Optional<Interval> next =
                        i + 1 < intervals.size() ? Optional.of(intervals.get(i + 1)) : Optional.empty();
                Instant to = to(each, next);
                spans.add(new Span(each.from(), to));
                LostMoments after = lost(path, each, to, next);
                if (next.isPresent() || after.useless() > 0) {
                    lost.add(after);
                }
            }
            return new ReachableTimeline(
                    timeline,
                    spans,
                    catalog.backups().stream()
                            .filter(backup -> isUsable(history, backup))
                            .sorted(BackupCandidate.ALONG_THE_WAY)
                            .map(BackupCandidate::ended)
                            .toList(),
                    lost);
        }

        private WalSegmentSize size() {
            return catalog.wal().segmentSize();
        }

        private LostMoments lost(TimelinePath path, Interval before, Instant to, Optional<Interval> next) {
            long first = size().segmentNumber(before.end());
            long end = next.map(each -> size().segmentNumber(each.backup().startLsn()))
                    .orElse(Long.MAX_VALUE);
            Segment missing = path.segment(first);
            return new LostMoments(
                    to,
                    next.map(Interval::from),
                    missing,
                    unreachable.stream()
                            .filter(each -> each.reason() == Reason.HOLE
                                    && path.history().includes(each.timeline()))
                            .mapToLong(each -> common(each, first, end))
                            .sum(),
                    removed.stream().anyMatch(each -> each.contains(missing)));
        }

        /** How many of these segments are from {@code first} on, and before {@code end}. */
        private long common(Unreachable segments, long first, long end) {
            long from = Math.max(first, segments.first().index(size()));
            long to = Math.min(end - 1, segments.last().index(size()));
            return Math.max(0, to - from + 1);
        }

        private boolean isUsable(TimelineHistory history, BackupCandidate backup) {
            return !backup.isDamaged()
                    && history.passes(backup.timeline(), backup.stopLsn())
                    && intervals.stream()
                            .anyMatch(each -> !backup.stopLsn().isBefore(each.begin())
                                    && !backup.stopLsn().isAfter(each.end()));
        }

        /**
         * No commit in the WAL before a hole is later than the next backup, whenever that WAL was stored; and the clock
         * of the store may be slow.
         */
        private static Instant to(Interval interval, Optional<Interval> next) {
            Instant stored = interval.lastStored().orElse(interval.from());
            Instant to = next.map(Interval::from).filter(stored::isAfter).orElse(stored);
            return to.isBefore(interval.from()) ? interval.from() : to;
        }
    }
}
