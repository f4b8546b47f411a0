// SPDX-License-Identifier: Apache-2.0
package org.tidemark.recoverability;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;
import org.tidemark.core.RecoveryTarget.AtTime;
import org.tidemark.core.RecoveryTarget.Bound;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.TimelinePath;
import org.tidemark.core.WalFile.Segment;

/**
 * What {@code recover --target-time} would do at each moment of a timeline: the answers of {@link RecoveryPlanner},
 * which change at few moments. Immutable.
 *
 * @param isNamed whether the command has to name the timeline
 * @param path the timelines that lead here, this one last
 * @param spans in order of time, without a moment of which the planner says that it cannot be reached
 * @param lookedAtFrom of earlier moments no plan was made, since there were too many
 */
public record PlannedTimeline(
        Timeline timeline, boolean isNamed, List<Step> path, List<Span> spans, Instant lookedAtFrom) {
    /** Planning stops after so long, beginning with the newest moments: commands that show it are to answer soon. */
    static final Duration LIMIT = Duration.ofSeconds(3);

    /** PostgreSQL's times have no smaller part. */
    private static final ChronoUnit SMALLEST = ChronoUnit.MICROS;

    /** So many backups before a moment, and after it, are shown to the planner first. */
    private static final int NEAR = 4;

    /** A slow clock of a store lets a plan go past the time at which the newest WAL was stored. */
    private static final Duration PAST_THE_END = Duration.ofDays(1);

    public PlannedTimeline {
        path = List.copyOf(path);
        spans = List.copyOf(spans);
    }

    /**
     * A timeline of the path.
     *
     * @param begun when it left its parent: when its history or its first WAL was stored, or its first backup ended;
     *     empty for the first one, and where nothing is known
     */
    public record Step(Timeline timeline, Optional<Instant> begun) {}

    /**
     * Moments at which the plan is the same.
     *
     * @param from in whole microseconds
     * @param until the first moment that is not one of them, in whole microseconds
     * @param backup with which the recovery begins
     * @param first the first segment that it reads
     * @param isSure whether a commit is known to follow, or the planner asks for nothing more. Otherwise only the WAL
     *     tells whether a commit follows the moment, and it was not looked at
     */
    public record Span(Instant from, Instant until, String backup, Segment first, boolean isSure) {
        boolean continues(Span before) {
            return before.until.equals(from) && before.backup.equals(backup) && before.isSure == isSure;
        }
    }

    /**
     * One for each timeline to which a recovery can lead, that of {@code recover} without options first.
     *
     * @param newest a commit that follows every earlier moment of the first one
     */
    public static List<PlannedTimeline> of(
            CatalogSnapshot catalog, RecoverableIntervals recoverable, NewestCommit newest) {
        long end = System.nanoTime() + LIMIT.toNanos();
        return recoverable.intervals().stream()
                .map(RecoverableIntervals.Interval::timeline)
                .distinct()
                .map(timeline -> new Planning(catalog, timeline, end).planned())
                .map(each -> recoverable.latest().filter(each.timeline::equals).isPresent() ? each.by(newest) : each)
                .toList();
    }

    /** The same with what the newest WAL says. PostgreSQL ends at a time only where a later commit follows. */
    private PlannedTimeline by(NewestCommit newest) {
        return switch (newest) {
            case NewestCommit.Found found -> before(found.last().time().truncatedTo(SMALLEST));
            case NewestCommit.NoneIn _ -> withLast(false);
            case NewestCommit.Unreadable _, NewestCommit.NotLookedAt _ -> this;
        };
    }

    /** Without the moments that no commit follows. */
    private PlannedTimeline before(Instant commit) {
        List<Span> reached = new ArrayList<>();
        for (Span each : spans) {
            if (each.from().isBefore(commit)) {
                boolean isCut = commit.isBefore(each.until());
                reached.add(new Span(
                        each.from(), isCut ? commit : each.until(), each.backup(), each.first(), each.isSure()));
            }
        }
        return with(reached).withLast(true);
    }

    private PlannedTimeline withLast(boolean isSure) {
        if (spans.isEmpty() || spans.getLast().isSure() == isSure) {
            return this;
        }
        List<Span> all = new ArrayList<>(spans);
        Span last = all.removeLast();
        Span changed = new Span(last.from(), last.until(), last.backup(), last.first(), isSure);
        if (!all.isEmpty() && changed.continues(all.getLast())) {
            Span before = all.removeLast();
            changed = new Span(before.from(), last.until(), before.backup(), before.first(), isSure);
        }
        all.add(changed);
        return with(all);
    }

    private PlannedTimeline with(List<Span> others) {
        return new PlannedTimeline(timeline, isNamed, path, others, lookedAtFrom);
    }

    /** The request for a moment of this timeline. */
    public RecoveryRequest request(Instant moment) {
        return new RecoveryRequest(
                new AtTime(moment, Bound.INCLUSIVE),
                isNamed ? new TimelineChoice.Numbered(timeline) : TimelineChoice.LATEST,
                Optional.empty());
    }

    private static final class Planning {
        private final RecoveryPlanner planner = new RecoveryPlanner();
        private final CatalogSnapshot catalog;
        private final TimelinePath path;
        private final PlannedTimeline unplanned;
        private final long end;
        private final List<BackupCandidate> inTime;

        Planning(CatalogSnapshot catalog, Timeline timeline, long end) {
            TimelineHistory history = catalog.history(timeline).orElseThrow();
            this.catalog = catalog;
            this.path = new TimelinePath(history, catalog.wal().segmentSize());
            this.end = end;
            this.inTime = catalog.backups().stream()
                    .filter(each -> each.isOn(path))
                    .sorted(Comparator.comparing(BackupCandidate::ended))
                    .toList();
            List<Step> steps = new ArrayList<>();
            history.switches().forEach(each -> steps.add(step(each.parent())));
            steps.add(step(timeline));
            this.unplanned =
                    new PlannedTimeline(timeline, catalog.timelines().size() > 1, steps, List.of(), Instant.MAX);
        }

        private Step step(Timeline timeline) {
            Optional<Instant> stored = catalog.stored(timeline);
            Optional<Instant> backedUp = catalog.backups().stream()
                    .filter(each -> each.timeline().equals(timeline))
                    .map(BackupCandidate::ended)
                    .min(Instant::compareTo);
            return new Step(
                    timeline,
                    timeline.equals(Timeline.FIRST)
                            ? Optional.empty()
                            : stored.flatMap(at -> backedUp.filter(at::isAfter).or(() -> Optional.of(at)))
                                    .or(() -> backedUp));
        }

        PlannedTimeline planned() {
            List<Instant> borders = List.copyOf(borders());
            List<Span> newestFirst = new ArrayList<>();
            int next = borders.size() - 1;
            for (; next > 0 && System.nanoTime() < end; next--) {
                List<Span> between = between(borders.get(next - 1), borders.get(next));
                for (Span each : between.reversed()) {
                    Span after = newestFirst.isEmpty() ? null : newestFirst.getLast();
                    if (after != null && after.continues(each)) {
                        newestFirst.set(
                                newestFirst.size() - 1,
                                new Span(each.from, after.until, each.backup, each.first, each.isSure));
                    } else {
                        newestFirst.add(each);
                    }
                }
            }
            return new PlannedTimeline(
                    unplanned.timeline,
                    unplanned.isNamed,
                    unplanned.path,
                    newestFirst.reversed(),
                    next > 0 ? borders.get(next) : Instant.MIN);
        }

        /** Where the plan changes as a rule: a backup ends, or the last segment before a hole was stored. */
        private NavigableSet<Instant> borders() {
            TreeSet<Instant> borders = new TreeSet<>();
            inTime.forEach(each -> borders.add(notBefore(each.ended())));
            PathWal wal = new PathWal(path, catalog.wal());
            Optional<Instant> newest = wal.newestStored();
            if (borders.isEmpty() || newest.isEmpty()) {
                return new TreeSet<>();
            }
            Instant first = borders.getFirst();
            for (PathWal.Run run : wal.runs()) {
                wal.stored(run).map(Planning::after).filter(first::isBefore).ifPresent(borders::add);
            }
            borders.add(after(newest.get()));
            borders.add(borders.getLast().plus(PAST_THE_END));
            return new TreeSet<>(borders.tailSet(first));
        }

        private static Instant notBefore(Instant moment) {
            return moment.plusNanos(999).truncatedTo(SMALLEST);
        }

        private static Instant after(Instant moment) {
            return moment.truncatedTo(SMALLEST).plus(1, SMALLEST);
        }

        /** The spans between two borders, of which the first is one. */
        private List<Span> between(Instant from, Instant until) {
            List<Span> spans = new ArrayList<>();
            Optional<Span> last = at(until.minus(1, SMALLEST));
            Instant begin = from;
            Optional<Span> here = at(begin);
            while (!isSame(here, last)) {
                Instant change = change(begin, until, here);
                add(here.flatMap(any -> at(change.minus(1, SMALLEST))), begin, change, spans);
                begin = change;
                here = at(begin);
            }
            add(last, begin, until, spans);
            return spans;
        }

        private static void add(Optional<Span> plan, Instant from, Instant until, List<Span> spans) {
            plan.map(each -> new Span(from, until, each.backup, each.first, each.isSure))
                    .ifPresent(spans::add);
        }

        /** The first moment whose plan is another one; there is one before {@code until}. */
        private Instant change(Instant from, Instant until, Optional<Span> plan) {
            Instant same = from;
            Instant other = until.minus(1, SMALLEST);
            while (same.until(other, SMALLEST) > 1) {
                Instant middle = same.plus(same.until(other, SMALLEST) / 2, SMALLEST);
                if (isSame(at(middle), plan)) {
                    same = middle;
                } else {
                    other = middle;
                }
            }
            return other;
        }

        private static boolean isSame(Optional<Span> one, Optional<Span> other) {
            return (one.isPresent() && other.isPresent())
                    ? (one.get().backup.equals(other.get().backup) && one.get().isSure == other.get().isSure)
                    : (one.isEmpty() && other.isEmpty());
        }

        /**
         * The plan at a moment, as a span of that moment alone; empty if the planner refuses. Where the backups near
         * the moment lead to it for certain, no other one is better; so a plan for each of 10,000 backups takes no
         * minute. One with damaged pages is passed over for an older one, which may not be near.
         */
        private Optional<Span> at(Instant moment) {
            int next = next(moment);
            List<BackupCandidate> near = inTime.subList(Math.max(0, next - NEAR), Math.min(inTime.size(), next + NEAR));
            return at(moment, catalog.withBackups(near), true)
                    .filter(Span::isSure)
                    .or(() -> at(moment, catalog, false));
        }

        /** How many backups had ended. */
        private int next(Instant moment) {
            int low = 0;
            int high = inTime.size();
            while (low < high) {
                int middle = (low + high) / 2;
                if (inTime.get(middle).ended().isAfter(moment)) {
                    high = middle;
                } else {
                    low = middle + 1;
                }
            }
            return low;
        }

        private Optional<Span> at(Instant moment, CatalogSnapshot known, boolean isNear) {
            return planner.plan(unplanned.request(moment), known) instanceof RecoveryPlan.Chosen plan
                            && plan.problems().isEmpty()
                            && !(isNear && plan.backup().damagedPages() > 0)
                    ? Optional.of(new Span(
                            moment,
                            moment,
                            plan.backup().id(),
                            plan.wal().runs().getFirst().first(),
                            isSure(plan)))
                    : Optional.empty();
        }
    }

    /** Whether the planner says of neither the target nor the WAL that more has to be known. */
    static boolean isSure(RecoveryPlan.Chosen plan) {
        return plan.findings().stream()
                .noneMatch(each -> each.severity() == PlanFinding.Severity.WARNING
                        && (each.topic() == PlanFinding.Topic.TARGET || each.topic() == PlanFinding.Topic.WAL));
    }
}
