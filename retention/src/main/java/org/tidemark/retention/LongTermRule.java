// SPDX-License-Identifier: Apache-2.0
package org.tidemark.retention;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.temporal.IsoFields;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Keeps the newest backup of each of the newest periods that have one, in UTC. Immutable.
 *
 * @param count how many periods, 1 or more; those without a backup do not count
 */
public record LongTermRule(Cadence cadence, int count) {
    /** What {@link #parseAll} reads, for messages. */
    public static final String EXPECTED = "rules such as daily 7, weekly 5, monthly 12, yearly 7";

    public static final int MAX_COUNT = 10_000;

    private static final Pattern FORM = Pattern.compile("(daily|weekly|monthly|yearly) ([0-9]{1,6})");

    public LongTermRule {
        if (count < 1 || count > MAX_COUNT) {
            throw new IllegalArgumentException("not a number of periods: " + count);
        }
    }

    /** The periods. */
    public enum Cadence {
        DAILY,
        WEEKLY,
        MONTHLY,
        YEARLY;

        /** The name of the period that a time is in; names of one cadence sort as their periods do. */
        public String period(Instant time) {
            LocalDate day = time.atZone(ZoneOffset.UTC).toLocalDate();
            return switch (this) {
                case DAILY -> day.toString();
                // The week of ISO 8601, which begins on Monday and may belong to another year than its days.
                case WEEKLY ->
                    String.format(
                            Locale.ROOT,
                            "%04d-W%02d",
                            day.get(IsoFields.WEEK_BASED_YEAR),
                            day.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR));
                case MONTHLY -> String.format(Locale.ROOT, "%04d-%02d", day.getYear(), day.getMonthValue());
                case YEARLY -> String.format(Locale.ROOT, "%04d", day.getYear());
            };
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * Reads rules with commas between them, each cadence at most once.
     *
     * @throws IllegalArgumentException if they are not that
     */
    public static List<LongTermRule> parseAll(String text) {
        List<LongTermRule> rules = new ArrayList<>();
        Set<Cadence> seen = EnumSet.noneOf(Cadence.class);
        for (String each : text.split(",", -1)) {
            Matcher form = FORM.matcher(each.strip().replaceAll("\\s+", " ").toLowerCase(Locale.ROOT));
            if (!form.matches()) {
                throw new IllegalArgumentException(
                        "not a rule for long terms: '" + each.strip() + "' (expected " + EXPECTED + ")");
            }
            Cadence cadence = Cadence.valueOf(form.group(1).toUpperCase(Locale.ROOT));
            if (!seen.add(cadence)) {
                throw new IllegalArgumentException("two rules are " + cadence + ": '" + text + "'");
            }
            rules.add(new LongTermRule(cadence, Integer.parseInt(form.group(2))));
        }
        return List.copyOf(rules);
    }

    @Override
    public String toString() {
        return cadence + " " + count;
    }
}
