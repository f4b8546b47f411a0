// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.core.UserFacingException;

class CronScheduleTest {
    private static final Instant FRIDAY = Instant.parse("2026-11-20T12:00:00Z");
    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "30 2 * * *       | 2026-11-20T02:30:00Z | 2026-11-21T02:30:00Z",
                "*/15 * * * *     | 2026-11-20T12:00:00Z | 2026-11-20T12:15:00Z",
                "0 12 * * *       | 2026-11-20T12:00:00Z | 2026-11-21T12:00:00Z",
                "0 3 * * 0        | 2026-11-15T03:00:00Z | 2026-11-22T03:00:00Z",
                "0 3 * * 7        | 2026-11-15T03:00:00Z | 2026-11-22T03:00:00Z",
                "0 3 * * 1-5      | 2026-11-20T03:00:00Z | 2026-11-23T03:00:00Z",
                "0 3 * * 5-7      | 2026-11-20T03:00:00Z | 2026-11-21T03:00:00Z",
                "0 3 * * sat,Mon  | 2026-11-16T03:00:00Z | 2026-11-21T03:00:00Z",
                "0 3 * * */2      | 2026-11-19T03:00:00Z | 2026-11-21T03:00:00Z",
                "0 3 1 * *        | 2026-11-01T03:00:00Z | 2026-12-01T03:00:00Z",
                "0 3 L * *        | 2026-10-31T03:00:00Z | 2026-11-30T03:00:00Z",
                "0 0 29 2 *       | 2024-02-29T00:00:00Z | 2028-02-29T00:00:00Z",
                "@daily           | 2026-11-20T00:00:00Z | 2026-11-21T00:00:00Z",
                "@weekly          | 2026-11-15T00:00:00Z | 2026-11-22T00:00:00Z",
                "10 0 3 ? * SAT   | 2026-11-14T03:00:10Z | 2026-11-21T03:00:10Z",
            })
    void crontabsAndQuartzExpressionsHaveALastAndANextTime(String text, Instant last, Instant next) {
        CronSchedule schedule = CronSchedule.parse(text, ZoneOffset.UTC);

        assertThat(schedule.last(FRIDAY)).contains(last);
        assertThat(schedule.next(FRIDAY)).contains(next);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "daily",
                "30 2 * *",
                "60 2 * * *",
                "0 24 * * *",
                "0 3 1 * 1",
                "0 3 * * 8",
                "0 3 * * 5-1",
                "0 3 * * 1/0",
                "0 3 * * MOND",
                "0 0 30 2 *",
                "a b c d e",
            })
    void whatNeverOccursIsRefused(String text) {
        assertThatThrownBy(() -> CronSchedule.parse(text, ZoneOffset.UTC).requireValid())
                .isInstanceOfAny(IllegalArgumentException.class, UserFacingException.class);
    }

    /** Clocks are set forward from 2:00 to 3:00, and back from 3:00 to 2:00. */
    @Test
    void aDailyTimeOccursOnceADayThroughoutTheYear() {
        for (String text : new String[] {"30 2 * * *", "0 2 * * *", "0 3 * * *", "59 1 * * *"}) {
            CronSchedule schedule = CronSchedule.parse(text, BERLIN);
            Instant time = Instant.parse("2026-01-01T12:00:00Z");
            ZonedDateTime day = time.atZone(BERLIN).truncatedTo(ChronoUnit.DAYS);
            for (int i = 0; i < 365; i++) {
                time = schedule.next(time).orElseThrow();
                day = day.plusDays(1);
                assertThat(time.atZone(BERLIN).toLocalDate()).as(text).isEqualTo(day.toLocalDate());
            }
        }
    }

    @Test
    void anHourlyTimeOccursEachHourThatTheClockShowsFirst() {
        CronSchedule schedule = CronSchedule.parse("@hourly", BERLIN);

        assertThat(schedule.next(Instant.parse("2026-03-29T00:00:00Z")))
                .contains(Instant.parse("2026-03-29T01:00:00Z"));
        assertThat(schedule.next(Instant.parse("2026-03-29T01:00:00Z")))
                .contains(Instant.parse("2026-03-29T02:00:00Z"));
        assertThat(schedule.next(Instant.parse("2026-10-25T00:00:00Z")))
                .contains(Instant.parse("2026-10-25T02:00:00Z"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "11-20                  | 2026-11-19T02:30:00Z | 2026-11-21T02:30:00Z",
                "2026-11-20             | 2026-11-19T02:30:00Z | 2026-11-21T02:30:00Z",
                "2025-11-20             | 2026-11-20T02:30:00Z | 2026-11-21T02:30:00Z",
                "11-18..11-22           | 2026-11-17T02:30:00Z | 2026-11-23T02:30:00Z",
                "11-18..11-20, 11-21    | 2026-11-17T02:30:00Z | 2026-11-22T02:30:00Z",
                "11-20..01-05           | 2026-11-19T02:30:00Z | 2027-01-06T02:30:00Z",
                "2026-11-21..2027-01-19 | 2026-11-20T02:30:00Z | 2027-01-20T02:30:00Z",
                "02-29                  | 2026-11-20T02:30:00Z | 2026-11-21T02:30:00Z",
            })
    void noTimeIsOnADayOff(String days, Instant last, Instant next) {
        CronSchedule schedule = CronSchedule.parse("30 2 * * *", ZoneOffset.UTC).without(DaysOff.parse(days));

        assertThat(schedule.next(FRIDAY)).contains(next);
        assertThat(schedule.last(FRIDAY)).contains(last);
        schedule.requireValid();
    }

    @Test
    void aDayOffBeginsAndEndsAsTheClockOfItsZoneSays() {
        CronSchedule schedule = CronSchedule.parse("30 2 * * *", BERLIN).without(DaysOff.parse("12-24..12-26"));

        assertThat(schedule.offUntil(Instant.parse("2026-12-23T22:59:59Z"))).isEmpty();
        assertThat(schedule.offUntil(Instant.parse("2026-12-23T23:00:00Z")))
                .contains(Instant.parse("2026-12-26T23:00:00Z"));
        assertThat(schedule.offUntil(Instant.parse("2026-12-26T22:59:59Z")))
                .contains(Instant.parse("2026-12-26T23:00:00Z"));
        assertThat(schedule.offUntil(Instant.parse("2026-12-26T23:00:00Z"))).isEmpty();
    }

    @Test
    void aScheduleWithoutAWorkdayIsRefused() {
        CronSchedule schedule = CronSchedule.parse("30 2 24 12 *", BERLIN).without(DaysOff.parse("12-24"));

        assertThatThrownBy(schedule::requireValid).hasMessageContaining("never occurs");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "12-26..12-24",
                "12-24,",
                "24.12.",
                "12-32",
                "2026-02-29",
                "12-24..2026-12-26",
                "2026-12-26..2026-12-24",
                "2026-12-24..2062-12-26"
            })
    void whatIsNoDayIsRefused(String text) {
        assertThatThrownBy(() -> DaysOff.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void anEmptyListHasNoDayOff() {
        assertThat(DaysOff.parse("")).isEqualTo(DaysOff.NONE);
    }

    @Test
    void theLastTimeIsTheOneWhoseNextIsLater() {
        long seed = Long.getLong("tidemark.seed", System.nanoTime());
        Random random = new Random(seed);
        String[] texts = {"30 2 * * *", "*/7 * * * *", "5 4 * * 1", "0 0 31 * *", "0 0 3 ? 3,10 SUN", "@hourly"};
        for (int i = 0; i < 300; i++) {
            CronSchedule schedule = CronSchedule.parse(
                            texts[random.nextInt(texts.length)], random.nextBoolean() ? BERLIN : ZoneOffset.UTC)
                    .without(random.nextBoolean() ? DaysOff.NONE : DaysOff.parse("03-29, 10-25..11-02, 12-24..01-06"));
            Instant now = FRIDAY.plus(
                    Duration.ofMillis(random.nextLong(Duration.ofDays(700).toMillis())));

            Instant last = schedule.last(now).orElseThrow();

            assertThat(last).as("seed %d", seed).isBeforeOrEqualTo(now);
            assertThat(schedule.next(last).orElseThrow()).as("seed %d", seed).isAfter(now);
        }
    }
}
