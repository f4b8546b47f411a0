// SPDX-License-Identifier: Apache-2.0
package org.tidemark.page;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.tidemark.core.Amounts;
import org.tidemark.core.Timeline;
import org.tidemark.recoverability.PlannedTimeline;
import org.tidemark.recoverability.ReachableTimeline;
import org.tidemark.recoverability.ReachableTimeline.LostMoments;
import org.tidemark.watch.status.ClusterStatus.Incarnation;
import org.tidemark.watch.status.ClusterStatus.TakenBackup;

/**
 * The picture of the moments that can be restored: a lane for each timeline, which leaves that of its parent at the
 * switch; bars of moments, and backups as marks. Positions are shares of the width, so that the picture is as wide as
 * its reader's screen. Immutable.
 *
 * @param from the left edge
 * @param to the right edge
 * @param lanes in the order of the timelines
 */
public record TimeLine(Instant from, Instant to, List<Lane> lanes, List<Tick> ticks) {
    /** The newest so many backups are marks: more are one black line. */
    private static final int MOST_MARKS = 1_000;

    private static final int LANE = 52;
    private static final int TOP = 6;
    private static final int AXIS = 30;
    private static final Duration SHORTEST = Duration.ofMinutes(10);
    private static final int MOST_TICKS = 6;
    private static final List<Duration> STEPS = Stream.of(1, 5, 15, 60, 180, 360, 720, 1440, 2880, 10_080, 43_200)
            .map(Duration::ofMinutes)
            .toList();

    public TimeLine {
        lanes = List.copyOf(lanes);
        ticks = List.copyOf(ticks);
    }

    /** A timeline. */
    public record Lane(Timeline timeline, int y, Optional<Branch> branch, List<Bar> bars, List<Mark> marks) {}

    /** Where a timeline left its parent. */
    public record Branch(Instant at, int parentY) {}

    /** Moments next to each other. */
    public record Bar(Kind kind, Instant from, Instant until, String title) {}

    /** What is known of moments. */
    public enum Kind {
        REACHABLE,
        /** Only the WAL tells whether a commit follows. */
        UNSURE,
        LOST,
        /** By an expiry, on purpose. */
        REMOVED;

        /** As the style sheet names it. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** A backup. */
    public record Mark(TakenBackup backup, String title) {}

    /** A moment with its label, for the axis. */
    public record Tick(Instant at, String label) {}

    /** The picture of an incarnation up to now. */
    public static TimeLine of(Incarnation incarnation, Instant now) {
        List<TakenBackup> backups = incarnation.backups().stream()
                .sorted(Comparator.comparing(TakenBackup::ended).reversed())
                .limit(MOST_MARKS)
                .toList();
        List<ReachableTimeline> reachable = incarnation.together().timelines();
        Instant begin = Stream.concat(
                        reachable.stream().flatMap(each -> each.spans().stream().map(ReachableTimeline.Span::from)),
                        backups.stream().map(TakenBackup::ended))
                .min(Instant::compareTo)
                .orElse(now);
        Duration shown = Duration.between(begin, now);
        Duration width = shown.compareTo(SHORTEST) < 0 ? SHORTEST : shown;
        Instant from = now.minus(width).minus(width.dividedBy(60));
        Instant to = now.plus(width.dividedBy(60));
        Map<Timeline, List<Bar>> bars = new TreeMap<>();
        Map<Timeline, Branch> branches = new TreeMap<>();
        Map<Timeline, Timeline> parents = new TreeMap<>();
        Map<Timeline, Instant> drawn = new TreeMap<>();
        for (ReachableTimeline each : reachable) {
            incarnation.together().planned().stream()
                    .filter(planned -> planned.timeline().equals(each.timeline()))
                    .findFirst()
                    .ifPresent(planned -> draw(planned, each, now, bars, branches, parents, drawn));
        }
        backups.forEach(each -> bars.computeIfAbsent(each.timeline(), any -> new ArrayList<>()));
        List<Timeline> order = List.copyOf(bars.keySet());
        List<Lane> lanes = new ArrayList<>();
        for (Map.Entry<Timeline, List<Bar>> each : bars.entrySet()) {
            Timeline timeline = each.getKey();
            lanes.add(new Lane(
                    timeline,
                    y(order.indexOf(timeline)),
                    Optional.ofNullable(branches.get(timeline))
                            .map(branch -> new Branch(
                                    branch.at(),
                                    y(Optional.ofNullable(parents.get(timeline))
                                            .map(order::indexOf)
                                            .orElse(0)))),
                    merged(each.getValue()),
                    backups.stream()
                            .filter(backup -> backup.timeline().equals(timeline))
                            .map(backup -> new Mark(backup, title(backup)))
                            .toList()
                            .reversed()));
        }
        return new TimeLine(from, to, lanes, ticks(from, to));
    }

    /** The picture of a cluster of which nothing is known. */
    public static TimeLine nothing(Instant now) {
        return new TimeLine(now.minus(SHORTEST), now, List.of(), List.of());
    }

    private static int y(int place) {
        return TOP + place * LANE + 28;
    }

    /** Draws what no timeline before it has drawn. */
    private static void draw(
            PlannedTimeline planned,
            ReachableTimeline reachable,
            Instant now,
            Map<Timeline, List<Bar>> bars,
            Map<Timeline, Branch> branches,
            Map<Timeline, Timeline> parents,
            Map<Timeline, Instant> drawn) {
        for (int i = 0; i < planned.path().size(); i++) {
            PlannedTimeline.Step step = planned.path().get(i);
            Instant begun = i == 0 ? Instant.MIN : step.begun().orElse(Instant.MIN);
            Instant left = i + 1 < planned.path().size()
                    ? planned.path().get(i + 1).begun().orElse(now)
                    : now;
            Instant from = latest(begun, drawn.getOrDefault(step.timeline(), Instant.MIN));
            List<Bar> lane = bars.computeIfAbsent(step.timeline(), any -> new ArrayList<>());
            if (i > 0 && step.begun().isPresent() && !branches.containsKey(step.timeline())) {
                branches.put(step.timeline(), new Branch(step.begun().get(), 0));
                parents.put(step.timeline(), planned.path().get(i - 1).timeline());
            }
            bars(planned, reachable).forEach(bar -> clipped(bar, from, left).ifPresent(lane::add));
            drawn.merge(step.timeline(), left, TimeLine::latest);
        }
    }

    /** All of its path. */
    private static Stream<Bar> bars(PlannedTimeline planned, ReachableTimeline reachable) {
        Stream<Bar> notPlanned = reachable.spans().stream()
                .map(each -> new Bar(Kind.UNSURE, each.from(), each.to(), "no plan was made for these moments"))
                .flatMap(bar -> clipped(bar, Instant.MIN, planned.lookedAtFrom()).stream());
        Stream<Bar> spans = planned.spans().stream()
                .map(each -> new Bar(
                        each.isSure() ? Kind.REACHABLE : Kind.UNSURE,
                        each.from(),
                        each.until(),
                        each.isSure()
                                ? "can be restored"
                                : "can be restored if a commit follows in the WAL, which was not looked at"));
        Stream<Bar> lost = reachable.lost().stream()
                .map(each -> new Bar(
                        each.isRemoved() ? Kind.REMOVED : Kind.LOST,
                        each.from(),
                        each.until().orElse(Instant.MAX),
                        title(each)));
        // What is lost is drawn over what is beside it: a short hole is seen.
        return Stream.of(notPlanned, spans, lost).flatMap(each -> each);
    }

    private static Optional<Bar> clipped(Bar bar, Instant from, Instant until) {
        Instant begin = latest(bar.from(), from);
        Instant end = bar.until().isBefore(until) ? bar.until() : until;
        return begin.isBefore(end) ? Optional.of(new Bar(bar.kind(), begin, end, bar.title())) : Optional.empty();
    }

    private static Instant latest(Instant one, Instant other) {
        return one.isAfter(other) ? one : other;
    }

    /** Neighbours of one kind are one bar: they differ in their backups alone. */
    private static List<Bar> merged(List<Bar> bars) {
        List<Bar> merged = new ArrayList<>();
        for (Bar each : bars) {
            Bar last = merged.isEmpty() ? null : merged.getLast();
            if (last != null
                    && last.kind() == each.kind()
                    && last.title().equals(each.title())
                    && !last.until().isBefore(each.from())) {
                merged.set(merged.size() - 1, new Bar(each.kind(), last.from(), each.until(), each.title()));
            } else {
                merged.add(each);
            }
        }
        return merged;
    }

    private static String title(LostMoments lost) {
        return (lost.isRemoved()
                        ? "removed by an expiry"
                        : "lost: " + lost.missing().name() + " is missing")
                + ", from " + Amounts.second(lost.from())
                + lost.until().map(until -> " to " + Amounts.second(until)).orElse(" on");
    }

    private static String title(TakenBackup backup) {
        return "backup " + backup.id().value()
                + backup.name().map(name -> " '" + name + "'").orElse("") + ": " + backup.type()
                + (backup.isKept() ? ", kept" : "")
                + (backup.isUsable() ? "" : ", cannot be restored")
                + ", ended " + Amounts.second(backup.ended()) + ", in '"
                + String.join("', '", backup.repositories()) + "'"
                + (backup.damagedIn().isEmpty() ? "" : ", damaged in '" + String.join("', '", backup.damagedIn()) + "'")
                + backup.annotation().map(text -> ": " + text).orElse("");
    }

    private static List<Tick> ticks(Instant from, Instant to) {
        Duration width = Duration.between(from, to);
        Duration step = STEPS.stream()
                .filter(each -> width.dividedBy(each) < MOST_TICKS)
                .findFirst()
                .orElseGet(() -> Duration.ofDays(30L * (1 + width.toDays() / (30L * MOST_TICKS))));
        List<Tick> ticks = new ArrayList<>();
        long first = Math.ceilDiv(from.getEpochSecond(), step.toSeconds());
        for (Instant at = Instant.ofEpochSecond(first * step.toSeconds()); at.isBefore(to); at = at.plus(step)) {
            String minute = Amounts.minute(at);
            ticks.add(new Tick(
                    at,
                    width.toDays() > 300
                            ? minute.substring(0, 7)
                            : step.toDays() > 0 || minute.endsWith("00:00")
                                    ? minute.substring(5, 10)
                                    : minute.substring(11)));
        }
        return ticks;
    }

    /** The height in pixels. */
    public int height() {
        return TOP + Math.max(1, lanes.size()) * LANE + AXIS;
    }

    /** Where a moment is, as a share of the width. */
    public String x(Instant moment) {
        return String.format(Locale.ROOT, "%.3f%%", share(moment));
    }

    /** How wide the time from one moment to another is. */
    public String width(Instant begin, Instant end) {
        return String.format(Locale.ROOT, "%.3f%%", Math.max(0.05, share(end) - share(begin)));
    }

    private double share(Instant moment) {
        double all = Duration.between(from, to).toMillis();
        double share = Duration.between(from, moment).toMillis() / all * 100;
        return Math.clamp(share, 0, 100);
    }

    /** All of it in a sentence, for those who do not see it. */
    public String summary() {
        long lost = lanes.stream()
                .flatMap(each -> each.bars().stream())
                .filter(each -> each.kind() == Kind.LOST)
                .count();
        long marks = lanes.stream().mapToLong(each -> each.marks().size()).sum();
        return "The moments that can be restored, from " + Amounts.minute(from) + " to " + Amounts.minute(to) + " UTC: "
                + Amounts.count(lanes.size(), "timeline", "timelines") + ", "
                + Amounts.count(marks, "backup", "backups") + ", " + Amounts.count(lost, "hole", "holes");
    }
}
