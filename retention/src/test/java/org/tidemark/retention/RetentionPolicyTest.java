// SPDX-License-Identifier: Apache-2.0
package org.tidemark.retention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.retention.LongTermRule.Cadence;
import org.tidemark.retention.RetentionPolicy.RecoveryWindow;
import org.tidemark.retention.RetentionPolicy.Redundancy;
import org.tidemark.retention.RetentionPolicy.Unit;
import org.tidemark.testkit.Rounds;

class RetentionPolicyTest {
    private static final List<Unit> UNITS = List.of(Unit.values());

    @ParameterizedTest
    @CsvSource({
        "REDUNDANCY 2, REDUNDANCY 2",
        "redundancy  10, REDUNDANCY 10",
        "RECOVERY WINDOW OF 30 DAYS, RECOVERY WINDOW OF 30 DAYS",
        "recovery window of 1 week, RECOVERY WINDOW OF 1 WEEKS",
        "Recovery Window Of 12 Months, RECOVERY WINDOW OF 12 MONTHS",
        "RECOVERY WINDOW OF 36 HOURS, RECOVERY WINDOW OF 36 HOURS",
        "RECOVERY WINDOW OF 7 YEARS, RECOVERY WINDOW OF 7 YEARS"
    })
    void policiesAreReadAndWritten(String text, String written) {
        assertThat(RetentionPolicy.parse(text)).hasToString(written);
        assertThat(RetentionPolicy.parse(written)).isEqualTo(RetentionPolicy.parse(text));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "REDUNDANCY",
                "REDUNDANCY 0",
                "REDUNDANCY -1",
                "REDUNDANCY 100001",
                "RECOVERY WINDOW OF DAYS",
                "RECOVERY WINDOW OF 0 DAYS",
                "RECOVERY WINDOW OF 1001 YEARS",
                "RECOVERY WINDOW OF 4 FORTNIGHTS",
                "RECOVERY WINDOW 4 DAYS",
                "REDUNDANCY 2 DAYS"
            })
    void everythingElseIsRefused(String text) {
        assertThatThrownBy(() -> RetentionPolicy.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @CsvSource({
        "7, DAYS, 2026-11-20T10:30:00Z, 2026-11-13T10:30:00Z",
        "36, HOURS, 2026-03-29T02:30:00Z, 2026-03-27T14:30:00Z",
        "4, WEEKS, 2026-11-20T10:30:00Z, 2026-10-23T10:30:00Z",
        "1, MONTHS, 2026-03-28T23:00:00Z, 2026-02-28T00:00:00Z",
        "1, MONTHS, 2026-03-29T01:00:00Z, 2026-02-28T00:00:00Z",
        "1, MONTHS, 2026-03-31T23:59:59Z, 2026-02-28T00:00:00Z",
        "1, MONTHS, 2026-04-01T00:00:00Z, 2026-03-01T00:00:00Z",
        "1, MONTHS, 2024-03-31T12:00:00Z, 2024-02-29T00:00:00Z",
        "12, MONTHS, 2024-02-29T12:00:00Z, 2023-02-28T00:00:00Z",
        "1, YEARS, 2025-03-01T12:00:00Z, 2024-03-01T00:00:00Z"
    })
    void aWindowBeginsByTheCalendar(int count, Unit unit, Instant now, Instant begin) {
        assertThat(new RecoveryWindow(count, unit).begin(now)).isEqualTo(begin);
    }

    @Test
    void aWindowNeverBeginsEarlierWhenItIsAskedLater() {
        Random random = Rounds.random();
        int rounds = Rounds.of(20_000, 1_000_000);
        for (int round = 0; round < rounds; round++) {
            RecoveryWindow window = new RecoveryWindow(1 + random.nextInt(30), UNITS.get(random.nextInt(UNITS.size())));
            Instant now = Instant.ofEpochSecond(1_700_000_000L + random.nextInt(200_000_000));
            Instant later = now.plusSeconds(random.nextInt(4 * 86_400));

            assertThat(window.begin(later))
                    .as("%s at %s and %s", window, now, later)
                    .isAfterOrEqualTo(window.begin(now));
            Instant reached = window.reaches(now);
            assertThat(window.begin(reached)).as("%s reaches %s", window, now).isAfterOrEqualTo(now);
            assertThat(window.begin(reached.minus(Duration.ofNanos(1))))
                    .as("%s reaches %s at %s, not before", window, now, reached)
                    .isBefore(now);
        }
    }

    @Test
    void rulesForLongTermsAreReadInAnyOrder() {
        assertThat(LongTermRule.parseAll("daily 7, Weekly 5,monthly  12 , yearly 7"))
                .isEqualTo(List.of(
                        new LongTermRule(Cadence.DAILY, 7),
                        new LongTermRule(Cadence.WEEKLY, 5),
                        new LongTermRule(Cadence.MONTHLY, 12),
                        new LongTermRule(Cadence.YEARLY, 7)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "daily", "daily 0", "daily 7,", "hourly 3", "daily 7, daily 8", "daily 10001"})
    void otherRulesAreRefused(String text) {
        assertThatThrownBy(() -> LongTermRule.parseAll(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @CsvSource({
        "DAILY, 2026-03-29T00:59:59Z, 2026-03-29",
        "WEEKLY, 2026-01-01T12:00:00Z, 2026-W01",
        "WEEKLY, 2027-01-01T12:00:00Z, 2026-W53",
        "WEEKLY, 2024-12-30T12:00:00Z, 2025-W01",
        "MONTHLY, 2026-02-28T23:59:59Z, 2026-02",
        "YEARLY, 2026-12-31T23:59:59Z, 2026"
    })
    void periodsAreThoseOfTheCalendarInUtc(Cadence cadence, Instant time, String period) {
        assertThat(cadence.period(time)).isEqualTo(period);
    }

    @Test
    void aPolicyHasReasonableNumbers() {
        assertThat(new Redundancy(1)).hasToString("REDUNDANCY 1");
        assertThatThrownBy(() -> new RecoveryWindow(9_000_000, Unit.HOURS))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
