// SPDX-License-Identifier: Apache-2.0
package org.tidemark.recoverability;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeMap;
import org.tidemark.catalog.wal.TimelineWal;
import org.tidemark.core.Amounts;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.TimelinePath;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;

/**
 * Which targets a recovery can reach, and which it cannot: the one rule, by which `recover` plans and which `check` and
 * `list-backup` report. A position can be reached if a backup that ended before it is on the path of a timeline whose
 * history is archived, and all the WAL of that path is archived from the start of the backup up to the position. A
 * backup that verify found damaged in every copy does not count. Immutable.
 *
 * @param latest the timeline that `recover` follows without options; empty if no backup leads anywhere
 * @param intervals those of {@code latest} first, in order of position; then, of each other timeline, those that reach
 *     what is not on the path of {@code latest}
 * @param unreachable archived WAL that no recovery can use, although a backup before it is there or its timeline cannot
 *     be followed; WAL that is older than every backup is not listed
 * @param problems why `recover` without options would refuse; empty if it reaches the end of the first interval that
 *     {@link #toLatest} gives
 */
public record RecoverableIntervals(
        Optional<Timeline> latest,
        List<Interval> intervals,
        List<Unreachable> unreachable,
        List<PlanFinding> problems) {
    public RecoverableIntervals {
        intervals = List.copyOf(intervals);
        unreachable = List.copyOf(unreachable);
        problems = List.copyOf(problems);
    }

    /** Why {@code recover} without options would refuse, in one sentence: with each backup damaged there are many. */
    public Optional<UserFacingException> refusal() {
        if (problems.isEmpty()) {
            return Optional.empty();
        }
        PlanFinding first = problems.getFirst();
        boolean isBackup = first.topic() == PlanFinding.Topic.BACKUP;
        return Optional.of(new UserFacingException(
                first.exitCode(),
                first.message()
                        + (problems.size() == 1
                                ? ""
                                : " (and " + Amounts.count(problems.size() - 1, "more problem", "more problems") + ")"),
                (isBackup ? "Take a new backup with: tidemark backup. " : "") + first.hint()));
    }

    /**
     * Positions all of which can be reached with one timeline.
     *
     * @param timeline what `--timeline` is to say
     * @param backup the first one, from whose end on every position can be reached
     * @param begin the end of that backup
     * @param end the position past the last byte that can be read
     * @param last the last segment that is read
     * @param lastStored when that was stored, by the store's clock
     * @param endsAtMinimal whether WAL follows that no recovery can use: see {@link MinimalWal}
     */
    public record Interval(
            Timeline timeline,
            BackupCandidate backup,
            Lsn begin,
            Lsn end,
            Segment last,
            Optional<Instant> lastStored,
            boolean endsAtMinimal) {
        /** The first moment that can be reached. */
        public Instant from() {
            return backup.ended();
        }
    }

    /** Why archived WAL cannot be used. */
    public enum Reason {
        /** The history of its timeline is archived in no repository. */
        NO_HISTORY,
        /** The history of its timeline can be read in no repository. */
        DAMAGED_HISTORY,
        /** No backup leads to its timeline. */
        NO_BACKUP,
        /** Segments before it are missing, and it is before the next backup, if there is one. */
        HOLE,
        /** The server ran with wal_level = minimal before it, and it is before the next backup, if there is one. */
        MINIMAL
    }

    /** Neighbouring segments of one timeline that cannot be used, both ends included. */
    public record Unreachable(Segment first, Segment last, long count, Reason reason) {
        public Timeline timeline() {
            return first.timeline();
        }
    }

    /** What the catalog allows, without the backups that verify found damaged in every copy. */
    public static RecoverableIntervals of(CatalogSnapshot catalog) {
        return new Survey(catalog).intervals();
    }

    /** All intervals of one timeline; none if its history is not archived. */
    public static List<Interval> along(CatalogSnapshot catalog, Timeline timeline) {
        Survey survey = new Survey(catalog);
        return survey.catalog
                .history(timeline)
                .map(history -> survey.along(new TimelinePath(history, survey.size)))
                .orElse(List.of());
    }

    /** All intervals of each timeline whose history is archived, also those that are on the path of another one. */
    static Map<Timeline, List<Interval>> ofEachTimeline(CatalogSnapshot catalog) {
        Survey survey = new Survey(catalog);
        Map<Timeline, List<Interval>> intervals = new TreeMap<>();
        for (Timeline timeline : survey.catalog.timelines()) {
            survey.catalog
                    .history(timeline)
                    .ifPresent(
                            history -> intervals.put(timeline, survey.along(new TimelinePath(history, survey.size))));
        }
        return intervals;
    }

    /** The interval in which `recover` without options ends; empty if it would refuse. */
    public Optional<Interval> toLatest() {
        return problems.isEmpty()
                ? intervals.stream()
                        .filter(each -> latest.isPresent() && each.timeline().equals(latest.get()))
                        .reduce((first, second) -> second)
                : Optional.empty();
    }

    /** Whether a recovery without options reads the same WAL at its end as by others. */
    public boolean endsAs(RecoverableIntervals others) {
        return toLatest()
                .filter(mine -> others.toLatest()
                        .filter(other -> mine.timeline().equals(other.timeline())
                                && mine.last().equals(other.last())
                                && mine.end().equals(other.end()))
                        .isPresent())
                .isPresent();
    }

    private static final class Survey {
        private static final long WAL_PAGE = 8192;

        private final CatalogSnapshot all;
        private final CatalogSnapshot catalog;
        private final WalSegmentSize size;
        private final List<Interval> intervals = new ArrayList<>();
        private final List<Unreachable> unreachable = new ArrayList<>();

        Survey(CatalogSnapshot catalog) {
            this.all = catalog;
            this.catalog = catalog.withBackups(
                    catalog.backups().stream().filter(each -> !each.isDamaged()).toList());
            this.size = catalog.wal().segmentSize();
        }

        RecoverableIntervals intervals() {
            RecoveryPlan plan = new RecoveryPlanner().plan(RecoveryRequest.LATEST, all);
            Optional<Timeline> latest =
                    plan instanceof RecoveryPlan.Chosen chosen ? Optional.of(chosen.timeline()) : Optional.empty();
            Map<Timeline, List<Interval>> byTimeline = new TreeMap<>(Comparator.reverseOrder());
            NavigableSet<Timeline> timelines = catalog.timelines();
            for (Timeline timeline : timelines) {
                Optional<TimelineHistory> history = catalog.history(timeline);
                if (history.isEmpty()) {
                    Reason reason =
                            catalog.damagedHistories().contains(timeline) ? Reason.DAMAGED_HISTORY : Reason.NO_HISTORY;
                    for (TimelineWal.Run run : catalog.wal().of(timeline).runs(0, Long.MAX_VALUE)) {
                        note(timeline, run.first(), run.last(), reason);
                    }
                } else {
                    TimelinePath path = new TimelinePath(history.get(), size);
                    List<Interval> found = along(path);
                    byTimeline.put(timeline, found);
                    unreachable(path, found);
                }
            }
            latest.ifPresent(timeline -> intervals.addAll(byTimeline.getOrDefault(timeline, List.of())));
            Optional<TimelineHistory> main = latest.flatMap(catalog::history);
            byTimeline.forEach((timeline, found) -> {
                if (latest.isEmpty() || !timeline.equals(latest.get())) {
                    found.stream()
                            .filter(each -> main.isEmpty() || leaves(main.get(), each))
                            .forEach(intervals::add);
                }
            });
            return new RecoverableIntervals(latest, intervals, unreachable, plan.problems());
        }

        /** Whether an interval ends where the other path does not lead. */
        private static boolean leaves(TimelineHistory main, Interval interval) {
            // Of a partial segment only the end of its last used page is known.
            return interval.last().timeline().equals(interval.timeline())
                    && main.endOf(interval.timeline())
                            .map(end -> end.value() + WAL_PAGE - 1 - (end.value() + WAL_PAGE - 1) % WAL_PAGE)
                            .filter(end -> Long.compareUnsigned(interval.end().value(), end) <= 0)
                            .isEmpty();
        }

        private List<Interval> along(TimelinePath path) {
            PathWal wal = new PathWal(path, catalog.wal());
            List<BackupCandidate> onPath = onPath(path);
            List<Interval> found = new ArrayList<>();
            List<Lsn> minimal = catalog.minimal().on(path);
            for (PathWal.Run run : wal.runs()) {
                Lsn begin = size.start(run.first());
                for (Lsn at : minimal) {
                    if (size.segmentNumber(at) >= run.first() && size.segmentNumber(at) <= run.last()) {
                        PathWal.Run before = new PathWal.Run(run.first(), size.segmentNumber(at));
                        interval(path, wal, onPath, begin, before, at).ifPresent(found::add);
                        begin = at;
                    }
                }
                interval(path, wal, onPath, begin, run, wal.endOf(run)).ifPresent(found::add);
            }
            return found;
        }

        /** What the first backup that begins between two positions leads to. */
        private Optional<Interval> interval(
                TimelinePath path, PathWal wal, List<BackupCandidate> onPath, Lsn begin, PathWal.Run run, Lsn end) {
            return onPath.stream()
                    .filter(backup -> !backup.startLsn().isBefore(begin)
                            && !backup.stopLsn().isAfter(end)
                            && backup.startLsn().isBefore(end))
                    .findFirst()
                    .map(backup -> new Interval(
                            path.timeline(),
                            backup,
                            backup.stopLsn(),
                            end,
                            wal.lastSegment(run),
                            wal.stored(run),
                            catalog.minimal().on(path).contains(end)));
        }

        /** In the order of their ends. */
        private List<BackupCandidate> onPath(TimelinePath path) {
            return catalog.backups().stream()
                    .filter(backup -> backup.isOn(path))
                    .sorted(Comparator.comparing(BackupCandidate::stopLsn))
                    .toList();
        }

        /**
         * What of a timeline's own segments is in no interval of its path.
         *
         * @param found in order of position
         */
        private void unreachable(TimelinePath path, List<Interval> found) {
            Timeline timeline = path.timeline();
            List<BackupCandidate> backups = onPath(path);
            long firstAfter = backups.stream()
                    .mapToLong(backup -> size.segmentNumber(backup.startLsn()))
                    .min()
                    .orElse(Long.MAX_VALUE);
            boolean alone = backups.isEmpty() && !timeline.equals(Timeline.FIRST);
            Outside outside = (first, last) -> {
                if (alone && first < firstAfter) {
                    note(timeline, first, Math.min(last, firstAfter - 1), Reason.NO_BACKUP);
                }
                if (last >= firstAfter) {
                    long from = Math.max(first, firstAfter);
                    note(timeline, from, last, isAfterMinimal(found, from) ? Reason.MINIMAL : Reason.HOLE);
                }
            };
            long begin = path.stretches().getLast().first();
            for (TimelineWal.Run run : catalog.wal().of(timeline).runs(begin, Long.MAX_VALUE)) {
                long next = run.first();
                for (Interval each : found) {
                    // An interval has at least one byte, so its last segment is the one that holds the byte before its
                    // end.
                    long last = size.segmentNumber(each.end().plus(-1));
                    if (last >= next && size.segmentNumber(each.backup().startLsn()) <= run.last()) {
                        outside.note(
                                next,
                                Math.min(
                                        run.last(),
                                        size.segmentNumber(each.backup().startLsn()) - 1));
                        next = last + 1;
                    }
                }
                outside.note(next, run.last());
            }
        }

        /** Whether the interval before a segment ends at wal_level = minimal. */
        private boolean isAfterMinimal(List<Interval> found, long segment) {
            return found.stream()
                    .filter(each -> size.segmentNumber(each.end()) < segment)
                    .max(Comparator.comparing(Interval::end))
                    .filter(Interval::endsAtMinimal)
                    .isPresent();
        }

        /**
         * Takes down segments that are in no interval, both ends included; none if {@code last} is before
         * {@code first}.
         */
        private interface Outside {
            void note(long first, long last);
        }

        private void note(Timeline timeline, long first, long last, Reason reason) {
            if (first <= last) {
                unreachable.add(new Unreachable(
                        Segment.of(timeline, first, size), Segment.of(timeline, last, size), last - first + 1, reason));
            }
        }
    }
}
