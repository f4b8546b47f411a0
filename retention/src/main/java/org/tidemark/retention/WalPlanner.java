// SPDX-License-Identifier: Apache-2.0
package org.tidemark.retention;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.tidemark.catalog.wal.WalInventory.TimelineInventory;
import org.tidemark.catalog.wal.WalInventory.WalRun;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.recoverability.SegmentRanges;
import org.tidemark.recoverability.SegmentRanges.Range;
import org.tidemark.recoverability.Timelines;
import org.tidemark.retention.RetentionCatalog.WalScope;
import org.tidemark.retention.RetentionPlan.BackupFate;
import org.tidemark.retention.RetentionPlan.Reason;
import org.tidemark.retention.RetentionPlan.WalFate;
import org.tidemark.retention.RetentionPlan.WalReason;

/**
 * Decides which WAL stays with the backups that stay: with those in {@link WalScope#FULL} everything after their start
 * on the path to every timeline that they lead to, with the others what they need to become consistent.
 */
record WalPlanner(RetentionCatalog catalog, Timelines timelines, Awaited awaited, Instant now) {
    /** An incarnation whose WAL is younger may still be in use, whatever other incarnations there are. */
    private static final Duration QUIET = Duration.ofDays(7);

    private WalSegmentSize size() {
        return catalog.segmentSize();
    }

    static List<WalFate> keepEverything(RetentionCatalog catalog) {
        WalPlanner planner = new WalPlanner(catalog, catalog.timelines(), Awaited.NOTHING, Instant.MAX);
        return catalog.wal().timelines().stream()
                .flatMap(each -> planner.all(each, WalReason.NO_POLICY).stream())
                .toList();
    }

    /**
     * Plans with what becomes of the backups.
     *
     * @param since the WAL of an incarnation that another one has replaced stays without a backup, if it has any since
     *     this moment
     */
    List<WalFate> plan(List<BackupFate> fates, Instant since) {
        boolean isLeft = isLeft(since);
        List<BackupFate> staying = fates.stream().filter(BackupFate::stays).toList();
        List<BackupFate> full = staying.stream()
                .filter(each ->
                        each.wal() == WalScope.FULL && each.backup().problem().isEmpty())
                .toList();
        Map<Timeline, SegmentRanges> needed = needed(staying);
        OptionalLong running = neededByRunning();
        List<WalFate> wal = new ArrayList<>();
        for (TimelineInventory each : catalog.wal().timelines()) {
            Optional<WalReason> whole = isLeft ? Optional.<WalReason>empty() : whole(each, full);
            if (whole.isPresent()) {
                wal.addAll(all(each, whole.get()));
            } else {
                divide(each, needed.getOrDefault(each.timeline(), new SegmentRanges()), running, wal);
            }
        }
        return wal;
    }

    /** Whether the incarnation was replaced by another one, and nothing can be recovered with its WAL any more. */
    private boolean isLeft(Instant since) {
        Instant quiet = now.minus(QUIET);
        Instant last = since.isBefore(quiet) ? since : quiet;
        return catalog.isReplaced()
                && catalog.backups().isEmpty()
                && catalog.unfinished().stream().allMatch(each -> each.isAbandoned(now))
                && catalog.wal().timelines().stream()
                        .flatMap(each -> each.runs().stream())
                        .allMatch(run -> run.lastStored().isBefore(last));
    }

    /** Why all WAL of a timeline stays. */
    private Optional<WalReason> whole(TimelineInventory timeline, List<BackupFate> full) {
        if (timelines.isUnknown(timeline.timeline())) {
            return Optional.of(WalReason.UNKNOWN_HISTORY);
        }
        if (full.isEmpty()) {
            return Optional.of(WalReason.NO_BACKUP);
        }
        Optional<TimelineHistory> path = timeline.history().or(() -> root(timeline.timeline()));
        // A timeline that only backups lead to which go is no longer needed; one that none leads to may just have
        // begun.
        boolean led = path.isPresent()
                && catalog.backups().stream().anyMatch(each -> Timelines.isOnPath(each.wal(), path.get()));
        boolean recent = timelines
                .newestWal(timeline.timeline())
                .filter(stored -> full.stream()
                        .anyMatch(each -> isByRule(each)
                                && (EffectiveTimes.isAhead(each.backup().ended(), now)
                                        || !stored.isBefore(each.backup().ended()))))
                .isPresent();
        return led || !recent ? Optional.empty() : Optional.of(WalReason.NO_BACKUP_ON_TIMELINE);
    }

    /** A backup that the operator keeps for years says nothing about how new a timeline is. */
    private static boolean isByRule(BackupFate fate) {
        return fate.reasons().stream()
                .anyMatch(reason ->
                        !(reason instanceof Reason.KeptByOperator || reason instanceof Reason.KeepUnreadable));
    }

    private static Optional<TimelineHistory> root(Timeline timeline) {
        return timeline.equals(Timeline.FIRST) ? Optional.of(TimelineHistory.root(timeline)) : Optional.empty();
    }

    private Map<Timeline, SegmentRanges> needed(List<BackupFate> staying) {
        Map<Timeline, SegmentRanges> needed = new TreeMap<>();
        for (TimelineHistory history : timelines.paths()) {
            staying.stream()
                    .filter(each -> (each.isFullAlong(history.timeline())
                                    || (each.wal() == WalScope.FULL && hasJustBegun(history.timeline())))
                            && Timelines.isOnPath(each.backup().wal(), history))
                    .map(each -> each.backup().wal().start())
                    .min(Lsn::compareTo)
                    .ifPresent(start -> SegmentRanges.addAlong(
                            history, size(), size().segmentNumber(start), Long.MAX_VALUE, needed));
        }
        for (BackupFate each : staying) {
            // A backup of a standby may begin before a switch and end after it.
            for (TimelineHistory history : timelines.paths()) {
                if (Timelines.isOnPath(each.backup().wal(), history)) {
                    SegmentRanges.addAlong(
                            history,
                            size(),
                            each.backup().wal().first(size()).index(size()),
                            each.backup().wal().last(size()).index(size()),
                            needed);
                }
            }
            SegmentRanges.of(needed, each.backup().wal().timeline())
                    .add(
                            each.backup().wal().first(size()).index(size()),
                            each.backup().wal().last(size()).index(size()));
        }
        return needed;
    }

    /** The history of a timeline is archived before its WAL: nothing else says yet that it is in use. */
    private boolean hasJustBegun(Timeline timeline) {
        return catalog.wal().timeline(timeline).stream()
                .allMatch(each -> each.runs().isEmpty() && each.partials().isEmpty());
    }

    /** The first segment that a backup may need which has begun; 0 if one does not say. */
    private OptionalLong neededByRunning() {
        return catalog.unfinished().stream()
                .flatMapToLong(each -> each.neededFrom(size(), now).stream())
                .min();
    }

    private void divide(TimelineInventory timeline, SegmentRanges needed, OptionalLong running, List<WalFate> wal) {
        List<Long> places = places(timeline).boxed().toList();
        if (places.isEmpty()) {
            return;
        }
        long first = places.stream().mapToLong(Long::longValue).min().getAsLong();
        long last = places.stream().mapToLong(Long::longValue).max().getAsLong();
        long next = first;
        for (Range free : needed.without(first, last)) {
            fate(timeline, next, free.first() - 1, Optional.of(WalReason.NEEDED), wal);
            long end = running.isEmpty() ? free.last() : Math.min(free.last(), running.getAsLong() - 1);
            leave(timeline, free.first(), end, wal);
            fate(timeline, Math.max(free.first(), end + 1), free.last(), Optional.of(WalReason.BACKUP_RUNNING), wal);
            next = free.last() + 1;
        }
        fate(timeline, next, last, Optional.of(WalReason.NEEDED), wal);
    }

    /** What no backup here needs goes, unless another repository waits for it. */
    private void leave(TimelineInventory timeline, long first, long last, List<WalFate> wal) {
        long next = first;
        for (Range free : awaited.without(timeline.timeline(), first, last)) {
            fate(timeline, next, free.first() - 1, Optional.of(WalReason.AWAITED), wal);
            leaveUnlessToCome(timeline, free, wal);
            next = free.last() + 1;
        }
        fate(timeline, next, last, Optional.of(WalReason.AWAITED), wal);
    }

    private void leaveUnlessToCome(TimelineInventory timeline, Range stretch, List<WalFate> wal) {
        long next = stretch.first();
        for (Range free : awaited.withoutToCome(timeline.timeline(), stretch.first(), stretch.last())) {
            fate(timeline, next, free.first() - 1, Optional.of(WalReason.BACKUP_TO_COME), wal);
            fate(timeline, free.first(), free.last(), Optional.empty(), wal);
            next = free.last() + 1;
        }
        fate(timeline, next, stretch.last(), Optional.of(WalReason.BACKUP_TO_COME), wal);
    }

    private List<WalFate> all(TimelineInventory timeline, WalReason reason) {
        List<WalFate> wal = new ArrayList<>();
        List<Long> places = places(timeline).boxed().toList();
        if (!places.isEmpty()) {
            fate(
                    timeline,
                    places.stream().mapToLong(Long::longValue).min().getAsLong(),
                    places.stream().mapToLong(Long::longValue).max().getAsLong(),
                    Optional.of(reason),
                    wal);
        }
        return wal;
    }

    /** The ends of all runs, and the partial segments. */
    private LongStream places(TimelineInventory timeline) {
        return LongStream.concat(
                timeline.runs().stream()
                        .flatMap(run -> Stream.of(run.first(), run.last()))
                        .mapToLong(segment -> segment.index(size())),
                timeline.partials().stream().mapToLong(each -> each.segment().index(size())));
    }

    /** Notes the archived segments from one place to another, both included. */
    private void fate(
            TimelineInventory timeline, long first, long last, Optional<WalReason> reason, List<WalFate> wal) {
        long count = 0;
        double bytes = 0;
        for (WalRun run : timeline.runs()) {
            long from = Math.max(first, run.first().index(size()));
            long to = Math.min(last, run.last().index(size()));
            if (from <= to) {
                count += to - from + 1;
                bytes += (double) run.storedBytes() * (to - from + 1) / run.count();
            }
        }
        boolean partial = timeline.partials().stream()
                .mapToLong(each -> each.segment().index(size()))
                .anyMatch(place -> first <= place && place <= last);
        if (count > 0 || partial) {
            wal.add(new WalFate(
                    Segment.of(timeline.timeline(), first, size()),
                    Segment.of(timeline.timeline(), last, size()),
                    count,
                    Math.round(bytes),
                    reason));
        }
    }
}
