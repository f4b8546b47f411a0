// SPDX-License-Identifier: Apache-2.0
package org.tidemark.retention;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.TimelinePath;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.retention.LongTermRule.Cadence;
import org.tidemark.retention.RetentionCatalog.Keep;
import org.tidemark.retention.RetentionCatalog.PublishedBackup;
import org.tidemark.retention.RetentionCatalog.WalScope;
import org.tidemark.retention.RetentionPlan.BackupFate;
import org.tidemark.retention.RetentionPolicy.RecoveryWindow;
import org.tidemark.retention.RetentionPolicy.Redundancy;
import org.tidemark.retention.RetentionPolicy.Unit;
import org.tidemark.testkit.Rounds;

/** What is true of every plan, whatever the archive and the policy. */
class RetentionPlanPropertiesTest {
    private static final Instant BEGIN = Instant.parse("2026-01-29T10:00:00Z");

    private final Random random = Rounds.random();
    /** Whether a backup of this round has a wrong time. */
    private boolean wrongClock;

    private boolean holes;

    @Test
    void plansKeepTheirPromises() {
        int rounds = Rounds.of(3_000, 200_000);
        int removing = 0;
        int[] windows = {0};
        for (int round = 0; round < rounds; round++) {
            SimulatedArchive archive = archive();
            RetentionSettings settings = settings();
            Instant now = newest(archive).plus(Duration.ofHours(random.nextInt(24 * 40)));
            String what = "round " + round + ", " + settings + ", now " + now;
            RetentionPlan plan = RetentionPlanner.plan(settings, archive.catalog(), now);

            minimumStays(plan, settings, what);
            whatStaysCanBeRestored(archive, plan, what);
            RetentionPlan later = RetentionPlanner.plan(
                    settings, archive.catalog(), now.plus(Duration.ofHours(1 + random.nextInt(24 * 60))));
            // Once a date ahead is reached it counts, and keeps what it did not keep before.
            if (archive.catalog().backups().stream().noneMatch(each -> EffectiveTimes.isAhead(each.ended(), now))) {
                whatLeavesLeavesThen(archive, settings, plan, now, what);
                laterKeepsNoMore(archive, plan, later, what);
            }
            SimulatedArchive left = archive.after(plan);
            RetentionPlan again = RetentionPlanner.plan(settings, left.catalog(), now);
            assertThat(again.removesNothing())
                    .as("%s: a second run removes nothing\n%s\n%s", what, plan, again)
                    .isTrue();
            theNewestMomentStays(archive, left, what);
            manyRunsEndWhereOneWould(archive, left, settings, now, what);
            settings.policy()
                    .filter(RecoveryWindow.class::isInstance)
                    .filter(window -> settings.wal().isEmpty() && !wrongClock)
                    .ifPresent(window -> {
                        windows[0]++;
                        everyMomentOfTheWindowStays(archive, left, ((RecoveryWindow) window).begin(now), what);
                    });
            removing += plan.leaving().isEmpty() ? 0 : 1;
        }
        assertThat(removing).as("plans that remove a backup").isGreaterThan(rounds / 5);
        assertThat(windows[0]).as("plans with a window").isGreaterThan(rounds / 5);
    }

    private static void minimumStays(RetentionPlan plan, RetentionSettings settings, String what) {
        long usable = plan.backups().stream()
                .filter(each -> each.backup().problem().isEmpty())
                .count();
        long stay = plan.backups().stream()
                .filter(each -> each.stays() && each.backup().problem().isEmpty())
                .count();
        assertThat(stay).as(what).isGreaterThanOrEqualTo(Math.min(usable, settings.minimumRedundancy()));
    }

    /**
     * Nothing that a backup needs which stays, and nothing that is reached from one that stays with its WAL, on the
     * paths for which it does.
     */
    private static void whatStaysCanBeRestored(SimulatedArchive archive, RetentionPlan plan, String what) {
        SimulatedArchive left = archive.after(plan);
        for (BackupFate fate : plan.backups()) {
            if (!fate.stays()) {
                continue;
            }
            Set<Segment> before = reachable(archive, List.of(fate.backup()), fate::isFullAlong);
            Set<Segment> own = reachable(archive, List.of(fate.backup()));
            own.removeIf(segment -> segment.index(SimulatedArchive.SIZE)
                    > fate.backup().wal().last(SimulatedArchive.SIZE).index(SimulatedArchive.SIZE));
            before.addAll(own);
            assertThat(reachable(left, List.of(fate.backup())))
                    .as("%s: from %s", what, fate)
                    .containsAll(before);
        }
    }

    /** The time that a plan names is right to the nanosecond. */
    private void whatLeavesLeavesThen(
            SimulatedArchive archive, RetentionSettings settings, RetentionPlan plan, Instant now, String what) {
        for (BackupFate fate : plan.backups()) {
            if (fate.goes().isEmpty() || fate.backup().keep().isPresent()) {
                continue;
            }
            Instant goes = fate.goes().get();
            BackupId id = fate.backup().id();
            assertThat(goes).as("%s: %s", what, fate).isAfter(now);
            assertThat(ids(RetentionPlanner.plan(settings, archive.catalog(), goes)))
                    .as("%s: then gone is %s", what, fate)
                    .doesNotContain(id);
            // A backup that ended in the future counts from then on, and may let others go earlier.
            if (!wrongClock) {
                assertThat(ids(RetentionPlanner.plan(settings, archive.catalog(), goes.minusNanos(1))))
                        .as("%s: just before still there is %s", what, fate)
                        .contains(id);
            }
        }
    }

    /** However old it is: a server that was lost can be recovered to its end. */
    private void theNewestMomentStays(SimulatedArchive archive, SimulatedArchive left, String what) {
        if (holes) {
            return;
        }
        Set<Segment> before = reachable(archive, archive.backups().values());
        Optional<Instant> newest =
                before.stream().map(segment -> written(archive, segment)).max(Instant::compareTo);
        before.removeIf(segment -> !newest.equals(Optional.of(written(archive, segment))));
        if (!before.isEmpty()) {
            assertThat(reachable(left, left.backups().values())).as(what).containsAnyElementsOf(before);
        }
    }

    /** One run removes only a part of the backups. */
    private void manyRunsEndWhereOneWould(
            SimulatedArchive archive, SimulatedArchive left, RetentionSettings settings, Instant now, String what) {
        if (wrongClock || random.nextInt(4) > 0) {
            return;
        }
        SimulatedArchive remaining = archive;
        for (RetentionPlan run = RetentionPlanner.planRun(settings, archive.catalog(), now);
                !run.removesNothing();
                run = RetentionPlanner.planRun(settings, remaining.catalog(), now)) {
            whatStaysCanBeRestored(remaining, run, what);
            remaining = remaining.after(run);
        }
        // What is left after a run may look like a copy, whose times order nothing: then more stays.
        if (EffectiveTimes.isOfOneCopy(
                remaining.catalog().wal(), List.copyOf(remaining.backups().values()))) {
            assertThat(remaining.backups()).as(what).containsAllEntriesOf(left.backups());
        } else {
            assertThat(remaining.backups()).as(what).isEqualTo(left.backups());
        }
        // WAL of a timeline may outlive the backups that lead to it: it then counts as that of a new timeline.
        for (Timeline timeline : left.histories().keySet()) {
            assertThat(remaining.places(timeline).keySet())
                    .as(what)
                    .containsAll(left.places(timeline).keySet());
        }
    }

    private static Instant written(SimulatedArchive archive, Segment segment) {
        return archive.moment(segment.timeline().id(), segment.index(SimulatedArchive.SIZE));
    }

    private static void laterKeepsNoMore(
            SimulatedArchive archive, RetentionPlan plan, RetentionPlan later, String what) {
        assertThat(ids(later)).as(what).isSubsetOf(ids(plan));
        assertThat(segments(archive, later)).as(what).isSubsetOf(segments(archive, plan));
    }

    private static Set<BackupId> ids(RetentionPlan plan) {
        return plan.backups().stream()
                .filter(BackupFate::stays)
                .map(each -> each.backup().id())
                .collect(Collectors.toSet());
    }

    private static Set<Segment> segments(SimulatedArchive archive, RetentionPlan plan) {
        Set<Segment> segments = new HashSet<>();
        plan.wal().stream()
                .filter(RetentionPlan.WalFate::stays)
                .forEach(each -> archive.places(each.timeline())
                        .subMap(
                                each.first().index(SimulatedArchive.SIZE),
                                true,
                                each.last().index(SimulatedArchive.SIZE),
                                true)
                        .keySet()
                        .forEach(place -> segments.add(Segment.of(each.timeline(), place, SimulatedArchive.SIZE))));
        return segments;
    }

    /** Everything that was written since the window began, and that a recovery could reach, it still reaches. */
    private static void everyMomentOfTheWindowStays(
            SimulatedArchive archive, SimulatedArchive left, Instant begin, String what) {
        Set<Segment> before = reachable(archive, archive.backups().values());
        before.removeIf(segment -> written(archive, segment).isBefore(begin));
        assertThat(reachable(left, left.backups().values())).as(what).containsAll(before);
    }

    /** The segments that recoveries from these backups can replay beyond the end of the backup, by the plain rule. */
    private static Set<Segment> reachable(SimulatedArchive archive, Iterable<PublishedBackup> backups) {
        return reachable(archive, backups, _ -> true);
    }

    /** The same on the paths to some of the timelines. */
    private static Set<Segment> reachable(
            SimulatedArchive archive, Iterable<PublishedBackup> backups, Predicate<Timeline> along) {
        Set<Segment> reached = new TreeSet<>();
        for (PublishedBackup backup : backups) {
            if (backup.problem().isPresent()) {
                continue;
            }
            for (TimelineHistory history : archive.histories().values()) {
                if (!along.test(history.timeline())
                        || !history.passes(backup.wal().timeline(), backup.wal().stop())) {
                    continue;
                }
                TimelinePath path = new TimelinePath(history, SimulatedArchive.SIZE);
                long place = backup.wal().first(SimulatedArchive.SIZE).index(SimulatedArchive.SIZE);
                long consistent = backup.wal().last(SimulatedArchive.SIZE).index(SimulatedArchive.SIZE);
                Set<Segment> way = new HashSet<>();
                for (Optional<Segment> next = read(archive, path, place);
                        next.isPresent();
                        next = read(archive, path, place)) {
                    way.add(next.get());
                    place++;
                }
                if (place > consistent) {
                    reached.addAll(way);
                }
            }
        }
        return reached;
    }

    private static Optional<Segment> read(SimulatedArchive archive, TimelinePath path, long place) {
        List<Segment> sources = new ArrayList<>();
        sources.add(path.segment(place));
        sources.addAll(path.substitutes(place));
        return sources.stream()
                .filter(each -> archive.places(each.timeline()).containsKey(place))
                .findFirst();
    }

    private static Instant newest(SimulatedArchive archive) {
        return archive.moments().max(Instant::compareTo).orElse(BEGIN);
    }

    /** Timelines that go on at the same time or one after the other, backups, holes, and what operators say. */
    private SimulatedArchive archive() {
        SimulatedArchive archive = new SimulatedArchive();
        Duration step = Duration.ofHours(2 + random.nextInt(30));
        int timelines = 1 + random.nextInt(4);
        long[] first = new long[timelines + 1];
        long[] last = new long[timelines + 1];
        for (int timeline = 1; timeline <= timelines; timeline++) {
            int parent = timeline == 1 ? 0 : 1 + random.nextInt(timeline - 1);
            long from = 1;
            Instant moment = BEGIN;
            if (parent > 0) {
                from = first[parent] + random.nextInt((int) (last[parent] - first[parent] + 1));
                archive.fork(timeline, parent, from);
                // A promotion comes after what it forks from, and often long after it.
                moment = archive.moment(parent, last[parent]).minus(step.multipliedBy(random.nextInt(6)));
                Instant forked = archive.moment(parent, from);
                moment = moment.isBefore(forked) ? forked : moment;
            }
            int length = 3 + random.nextInt(30);
            first[timeline] = from;
            last[timeline] = from + length - 1;
            archive.wal(timeline, from, moment, moment.plus(step.multipliedBy(length - 1)), step);
        }
        wrongClock = random.nextInt(5) == 0;
        backups(archive, timelines, first, last);
        if (random.nextInt(4) == 0) {
            archive.lock(Duration.ofHours(random.nextInt(24 * 40)));
        }
        int number = random.nextInt(3);
        holes = number > 0;
        for (int hole = number; hole > 0; hole--) {
            int timeline = 1 + random.nextInt(timelines);
            long place = first[timeline] + random.nextInt((int) (last[timeline] - first[timeline] + 1));
            archive.without(timeline, place, place + random.nextInt(2));
        }
        for (PublishedBackup backup : List.copyOf(archive.backups().values())) {
            if (reachable(archive, List.of(backup)).isEmpty()) {
                archive.broken(backup.id(), "its WAL is not complete");
            }
        }
        if (random.nextInt(5) == 0) {
            archive.unfinished(
                    newest(archive).minus(step.multipliedBy(random.nextInt(5))),
                    random.nextBoolean() ? Optional.of(SimulatedArchive.at(1 + random.nextInt(40))) : Optional.empty());
        }
        return archive;
    }

    private void backups(SimulatedArchive archive, int timelines, long[] first, long[] last) {
        for (int count = random.nextInt(12); count > 0; count--) {
            int timeline = 1 + random.nextInt(timelines);
            // After the switch: a backup does not begin before its timeline does.
            long start = first[timeline] + random.nextInt((int) (last[timeline] - first[timeline] + 1));
            long stop = Math.min(last[timeline], start + random.nextInt(3));
            Instant ended = archive.moment(timeline, stop);
            if (wrongClock && random.nextInt(3) == 0) {
                ended = ended.plus(Duration.ofDays(random.nextInt(200) - 100));
            }
            BackupId id = archive.backup(timeline, start, stop, ended);
            switch (random.nextInt(12)) {
                case 0 -> archive.keep(id, new Keep(WalScope.FULL, Optional.empty(), Optional.empty()));
                case 1 -> archive.keep(id, new Keep(WalScope.STANDALONE, Optional.empty(), Optional.empty()));
                case 2 -> archive.doubt(id, "a mark is damaged");
                case 3 -> archive.broken(id, "a bundle is missing");
                case 4 -> archive.withDamagedPages(id);
                default -> {}
            }
        }
    }

    private RetentionSettings settings() {
        List<LongTermRule> longTerm = new ArrayList<>();
        for (Cadence cadence : Cadence.values()) {
            if (random.nextInt(6) == 0) {
                longTerm.add(new LongTermRule(cadence, 1 + random.nextInt(4)));
            }
        }
        return new RetentionSettings(
                Optional.of(policy()),
                random.nextInt(3) == 0 ? Optional.of(policy()) : Optional.empty(),
                longTerm,
                1 + random.nextInt(random.nextInt(4) == 0 ? 4 : 1));
    }

    private RetentionPolicy policy() {
        return switch (random.nextInt(3)) {
            case 0 -> new Redundancy(1 + random.nextInt(5));
            case 1 -> new RecoveryWindow(1 + random.nextInt(2), Unit.MONTHS);
            default -> new RecoveryWindow(1 + random.nextInt(40), Unit.DAYS);
        };
    }
}
