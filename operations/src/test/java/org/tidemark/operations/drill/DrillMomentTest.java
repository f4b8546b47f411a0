// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.drill;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.RecoveryTarget.AtTime;
import org.tidemark.core.Timeline;
import org.tidemark.operations.drill.DrillMoment.Rule;
import org.tidemark.operations.drill.DrillMoment.Stretch;
import org.tidemark.testkit.Rounds;

final class DrillMomentTest {
    private static final Instant BEGIN = Instant.parse("2026-11-01T00:00:00Z");
    private static final Timeline SECOND = new Timeline(2);
    private static final int SEEDS = 20_000;

    /** Ten days, a hole of five, ten days, of which the last is the newest; and two days of another timeline. */
    private static final List<Stretch> STRETCHES = List.of(
            stretch(Timeline.FIRST, 0, 10, false), stretch(Timeline.FIRST, 15, 25, true), stretch(SECOND, 3, 5, true));

    private static Stretch stretch(Timeline timeline, int fromDay, int toDay, boolean isEnd) {
        return new Stretch(timeline, BEGIN.plus(Duration.ofDays(fromDay)), BEGIN.plus(Duration.ofDays(toDay)), isEnd);
    }

    private static boolean isReachable(List<Stretch> stretches, DrillMoment moment) {
        return stretches.stream()
                .filter(each -> moment.timeline().equals(Optional.of(each.timeline())))
                .anyMatch(each -> moment.target() instanceof AtTime at
                        ? !at.time().isBefore(each.from()) && at.time().isBefore(each.newest())
                        : each.isEnd());
    }

    @Test
    void everyTenthOfTheTimeIsChosenAboutAsOftenAndNothingOutsideOfIt() {
        int[] days = new int[25];
        Map<Rule, Integer> rules = new EnumMap<>(Rule.class);
        for (long seed = 0; seed < SEEDS; seed++) {
            DrillMoment moment = DrillMoment.choose(STRETCHES, seed).orElseThrow();
            assertThat(isReachable(STRETCHES, moment))
                    .as("seed %d: %s", seed, moment)
                    .isTrue();
            rules.merge(moment.rule(), 1, Integer::sum);
            if (moment.rule() == Rule.EVENLY && moment.target() instanceof AtTime at) {
                days[(int) Duration.between(BEGIN, at.time()).toDays()]++;
            }
        }

        assertThat(rules.keySet()).containsExactlyInAnyOrder(Rule.EVENLY, Rule.NEWEST_DAY, Rule.TIMELINE_END);
        assertThat(rules.get(Rule.NEWEST_DAY)).isBetween(SEEDS * 18 / 100, SEEDS * 22 / 100);
        assertThat(rules.get(Rule.TIMELINE_END)).isBetween(SEEDS * 8 / 100, SEEDS * 12 / 100);
        // 22 days share seven tenths; the fourth and the fifth day are of two timelines.
        int share = SEEDS * 7 / 10 / 22;
        for (int day = 0; day < days.length; day++) {
            if (day >= 10 && day < 15) {
                assertThat(days[day]).as("day %d, in the hole", day).isZero();
            } else {
                int timelines = day == 3 || day == 4 ? 2 : 1;
                assertThat(days[day])
                        .as("day %d", day)
                        .isBetween(timelines * share * 7 / 10, timelines * share * 13 / 10);
            }
        }
    }

    @Test
    void aSeedRepeatsItsChoice() {
        long seed = Rounds.random().nextLong();

        assertThat(DrillMoment.choose(STRETCHES, seed)).isEqualTo(DrillMoment.choose(STRETCHES, seed));
    }

    @Test
    void theNewestDayAndAnEndAreChosenOfWhatIsThere() {
        for (long seed = 0; seed < 1_000; seed++) {
            DrillMoment moment = DrillMoment.choose(STRETCHES, seed).orElseThrow();
            if (moment.rule() == Rule.NEWEST_DAY) {
                assertThat(((AtTime) moment.target()).time()).isAfterOrEqualTo(BEGIN.plus(Duration.ofDays(24)));
            }
            if (moment.rule() == Rule.TIMELINE_END) {
                assertThat(moment.target()).isEqualTo(new RecoveryTarget.Latest());
            }
        }
    }

    @Test
    void whereNothingWasCommittedAfterTheOnlyBackupItsTimelineIsReplayedToTheEnd() {
        List<Stretch> quiet = List.of(stretch(SECOND, 1, 1, true));

        for (long seed = 0; seed < 100; seed++) {
            assertThat(DrillMoment.choose(quiet, seed))
                    .contains(new DrillMoment(new RecoveryTarget.Latest(), Optional.of(SECOND), Rule.TIMELINE_END));
        }
    }

    @Test
    void whereNothingCanBeRecoveredNothingIsChosen() {
        for (long seed = 0; seed < 100; seed++) {
            assertThat(DrillMoment.choose(List.of(), seed)).isEmpty();
        }
    }

    @Test
    void ofAnyStretchesOnlyWhatCanBeReachedIsChosen() {
        Random random = Rounds.random();
        for (int round = 0; round < Rounds.of(200, 20_000); round++) {
            List<Stretch> stretches = new ArrayList<>();
            for (int i = random.nextInt(1, 6); i > 0; i--) {
                Instant from = BEGIN.plusNanos(random.nextLong(1_000_000_000_000_000L));
                stretches.add(new Stretch(
                        new Timeline(random.nextInt(1, 4)),
                        from,
                        from.plusNanos(random.nextInt(3) == 0 ? random.nextInt(3_000) : random.nextLong(1L << 50)),
                        random.nextBoolean()));
            }
            DrillMoment.choose(stretches, random.nextLong())
                    .ifPresent(moment -> assertThat(isReachable(stretches, moment))
                            .as("%s of %s", moment, stretches)
                            .isTrue());
        }
    }
}
