// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.drill;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SplittableRandom;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.RecoveryTarget.Bound;
import org.tidemark.core.Timeline;
import org.tidemark.core.UtcTime;
import org.tidemark.recoverability.CatalogSnapshot;
import org.tidemark.recoverability.NewestCommit;
import org.tidemark.recoverability.RecoverableIntervals;
import org.tidemark.recoverability.RecoverableIntervals.Interval;

/**
 * The moment that a drill restores. Immutable.
 *
 * @param timeline empty for the one that a recovery without options follows
 */
public record DrillMoment(RecoveryTarget target, Optional<Timeline> timeline, Rule rule) {
    /** Of so many seeds one is taken. */
    public static final int SEEDS = 1_000_000;

    private static final Duration NEWEST = Duration.ofDays(1);

    /** Of so many choices, so many are not spread evenly: what changed last is needed most. */
    private static final int CHOICES = 10;

    private static final int OF_THE_NEWEST_DAY = 2;
    private static final int OF_ENDS = 1;

    /** How a moment was chosen. */
    public enum Rule {
        GIVEN("as asked for"),
        EVENLY("evenly over the recoverable time"),
        NEWEST_DAY("within the newest recoverable day"),
        TIMELINE_END("the end of a timeline");

        private final String text;

        Rule(String text) {
            this.text = text;
        }

        /** In documents: {@code newest-day}. */
        public String word() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }

        @Override
        public String toString() {
            return text;
        }
    }

    /**
     * Times that can be reached: PostgreSQL stops at a time only before a commit that is later.
     *
     * @param newest the newest commit, which is not before {@code from}; each time before it can be reached
     * @param isEnd whether the archived WAL of the timeline ends there
     */
    public record Stretch(Timeline timeline, Instant from, Instant newest, boolean isEnd) {
        long micros() {
            return ChronoUnit.MICROS.between(from, newest);
        }

        private Optional<Stretch> since(Instant begin) {
            return newest.isAfter(begin)
                    ? Optional.of(new Stretch(timeline, from.isBefore(begin) ? begin : from, newest, isEnd))
                    : Optional.empty();
        }
    }

    /** As an option names it; empty for all archived WAL. */
    public Optional<String> value() {
        return switch (target) {
            case RecoveryTarget.AtTime at -> Optional.of(UtcTime.exact(at.time()));
            case RecoveryTarget.AtLsn at -> Optional.of(at.lsn().toString());
            case RecoveryTarget.AtXid _,
                    RecoveryTarget.AtRestorePoint _,
                    RecoveryTarget.Latest _,
                    RecoveryTarget.Immediate _ -> Optional.empty();
        };
    }

    /** Such as {@code 2026-11-30T14:03:11Z}, without the timeline. */
    @Override
    public String toString() {
        return value().orElse("the end of the archived WAL");
    }

    /**
     * The times that can be reached, of all timelines. Reads the newest WAL of each interval; one whose newest segments
     * have no commit, or cannot be read, begins and ends with its backup.
     */
    public static List<Stretch> stretches(CatalogSnapshot catalog) {
        List<Interval> intervals = RecoverableIntervals.of(catalog).intervals();
        return intervals.stream()
                .map(each -> new Stretch(
                        each.timeline(),
                        each.from(),
                        NewestCommit.of(catalog, each, NewestCommit.LIMIT)
                                .commit()
                                .map(commit -> commit.time())
                                .filter(each.from()::isBefore)
                                .orElse(each.from()),
                        intervals.stream()
                                .noneMatch(other -> other.timeline().equals(each.timeline())
                                        && other.end().isAfter(each.end()))))
                .toList();
    }

    /**
     * Chooses evenly over all stretches, and of ten times two within the newest day and one at the end of a timeline.
     * The same seed chooses the same of the same stretches.
     *
     * @return empty if nothing can be reached but ends of backups before a hole
     */
    public static Optional<DrillMoment> choose(List<Stretch> stretches, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int kind = random.nextInt(CHOICES);
        Optional<DrillMoment> chosen = Optional.empty();
        if (kind < OF_THE_NEWEST_DAY) {
            Instant begin = stretches.stream()
                    .map(Stretch::newest)
                    .max(Comparator.naturalOrder())
                    .orElse(Instant.EPOCH)
                    .minus(NEWEST);
            chosen = evenly(
                    stretches.stream()
                            .flatMap(each -> each.since(begin).stream())
                            .toList(),
                    Rule.NEWEST_DAY,
                    random);
        } else if (kind < OF_THE_NEWEST_DAY + OF_ENDS) {
            chosen = end(stretches, random);
        }
        return chosen.or(() -> evenly(stretches, Rule.EVENLY, random)).or(() -> end(stretches, random));
    }

    private static Optional<DrillMoment> evenly(List<Stretch> stretches, Rule rule, SplittableRandom random) {
        long all = stretches.stream().mapToLong(Stretch::micros).sum();
        if (all == 0) {
            return Optional.empty();
        }
        long left = random.nextLong(all);
        for (Stretch each : stretches) {
            if (left < each.micros()) {
                return Optional.of(new DrillMoment(
                        new RecoveryTarget.AtTime(each.from().plus(left, ChronoUnit.MICROS), Bound.INCLUSIVE),
                        Optional.of(each.timeline()),
                        rule));
            }
            left -= each.micros();
        }
        throw new IllegalStateException("the stretches are shorter than their sum");
    }

    private static Optional<DrillMoment> end(List<Stretch> stretches, SplittableRandom random) {
        List<Stretch> ends = stretches.stream().filter(Stretch::isEnd).toList();
        return ends.isEmpty()
                ? Optional.empty()
                : Optional.of(new DrillMoment(
                        new RecoveryTarget.Latest(),
                        Optional.of(ends.get(random.nextInt(ends.size())).timeline()),
                        Rule.TIMELINE_END));
    }
}
