// SPDX-License-Identifier: Apache-2.0
package org.tidemark.retention;

import java.time.Duration;
import java.time.Instant;
import java.time.Period;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Which backups are kept so that a recovery can begin with them. Immutable. */
public sealed interface RetentionPolicy {
    /** What {@link #parse} reads, for messages. */
    String EXPECTED = "REDUNDANCY n, or RECOVERY WINDOW OF n HOURS, DAYS, WEEKS, MONTHS or YEARS";

    /**
     * The newest backups.
     *
     * @param backups how many, 1 or more
     */
    record Redundancy(int backups) implements RetentionPolicy {
        public static final int MAX_BACKUPS = 100_000;

        public Redundancy {
            if (backups < 1 || backups > MAX_BACKUPS) {
                throw new IllegalArgumentException("not a number of backups: " + backups);
            }
        }

        @Override
        public String toString() {
            return "REDUNDANCY " + backups;
        }
    }

    /**
     * All moments since the beginning of the window.
     *
     * @param count how many units, 1 or more
     */
    record RecoveryWindow(int count, Unit unit) implements RetentionPolicy {
        /** Even in years, a window that begins after the year 1. */
        public static final int MAX_COUNT = 1_000;

        public RecoveryWindow {
            if (count < 1 || count > MAX_COUNT * unit.inOneYear) {
                throw new IllegalArgumentException("not a recovery window: " + count + " " + unit);
            }
        }

        /**
         * The first moment of the window. Hours, days and weeks are of fixed length. Months and years are those of the
         * calendar in UTC, and the window then begins with a day: so it never begins earlier when it is asked later,
         * although several days of March are one month after the last day of February.
         */
        public Instant begin(Instant now) {
            return switch (unit) {
                case HOURS, DAYS, WEEKS -> now.minus(unit.length.multipliedBy(count));
                case MONTHS -> midnight(now).minus(Period.ofMonths(count)).toInstant();
                case YEARS -> midnight(now).minus(Period.ofYears(count)).toInstant();
            };
        }

        /** The first time at which {@link #begin} is not before {@code moment}: then the moment is the first one. */
        public Instant reaches(Instant moment) {
            return switch (unit) {
                case HOURS, DAYS, WEEKS -> moment.plus(unit.length.multipliedBy(count));
                case MONTHS, YEARS -> {
                    ZonedDateTime day = midnight(moment).toInstant().equals(moment)
                            ? midnight(moment)
                            : midnight(moment).plusDays(1);
                    ZonedDateTime end = unit == Unit.MONTHS ? day.plusMonths(count) : day.plusYears(count);
                    // A day that the month does not have: the window reaches it on the first of the next month.
                    while (begin(end.toInstant()).isBefore(moment)) {
                        end = end.plusDays(1);
                    }
                    yield end.toInstant();
                }
            };
        }

        private static ZonedDateTime midnight(Instant time) {
            return time.atZone(ZoneOffset.UTC).truncatedTo(ChronoUnit.DAYS);
        }

        @Override
        public String toString() {
            return "RECOVERY WINDOW OF " + count + " " + unit;
        }
    }

    /**
     * All moments since one that does not move: what an operator deletes before.
     *
     * @param moment the first one
     */
    record Since(Instant moment) implements RetentionPolicy {
        @Override
        public String toString() {
            return "SINCE " + moment;
        }
    }

    /** In which a window is measured. */
    enum Unit {
        HOURS(Duration.ofHours(1), 8_760),
        DAYS(Duration.ofDays(1), 365),
        WEEKS(Duration.ofDays(7), 52),
        MONTHS(Duration.ZERO, 12),
        YEARS(Duration.ZERO, 1);

        /** Zero where the calendar decides. */
        private final Duration length;

        private final int inOneYear;

        Unit(Duration length, int inOneYear) {
            this.length = length;
            this.inOneYear = inOneYear;
        }
    }

    /**
     * Reads a policy, in upper or lower case; a unit may be singular.
     *
     * @throws IllegalArgumentException if it is not one
     */
    static RetentionPolicy parse(String text) {
        String words = text.strip().replaceAll("\\s+", " ").toUpperCase(Locale.ROOT);
        Matcher redundancy = Forms.REDUNDANCY.matcher(words);
        if (redundancy.matches()) {
            return new Redundancy(Integer.parseInt(redundancy.group(1)));
        }
        Matcher window = Forms.WINDOW.matcher(words);
        if (window.matches()) {
            return new RecoveryWindow(Integer.parseInt(window.group(1)), Unit.valueOf(window.group(2) + "S"));
        }
        throw new IllegalArgumentException("not a retention policy: '" + text + "' (expected " + EXPECTED + ")");
    }

    /** The forms of text. */
    final class Forms {
        private static final Pattern REDUNDANCY = Pattern.compile("REDUNDANCY ([0-9]{1,6})");
        private static final Pattern WINDOW =
                Pattern.compile("RECOVERY WINDOW OF ([0-9]{1,7}) (HOUR|DAY|WEEK|MONTH|YEAR)S?");

        private Forms() {}
    }
}
