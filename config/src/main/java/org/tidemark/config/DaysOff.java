// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.MonthDay;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/**
 * Days on which nothing is scheduled: of one year, such as {@code 2026-12-31}, or of each, such as {@code 12-24};
 * alone, or the first and the last of several, such as {@code 2026-12-31..2027-01-02}. Immutable.
 */
public record DaysOff(List<Span> spans) {
    /** No day. */
    public static final DaysOff NONE = new DaysOff(List.of());

    /** A longer span is a mistake, such as the last day before the first. */
    private static final int LONGEST_SPAN_DAYS = 60;

    /** From where each day of some year is found off, nobody looks further. */
    private static final int LOOKED_AHEAD_DAYS = 3 * 366;

    /** Some days in sequence. */
    public sealed interface Span {
        boolean contains(LocalDate day);

        /** How many; less than one if the last is before the first. */
        long days();

        record Once(LocalDate first, LocalDate last) implements Span {
            @Override
            public boolean contains(LocalDate day) {
                return !day.isBefore(first) && !day.isAfter(last);
            }

            @Override
            public long days() {
                return ChronoUnit.DAYS.between(first, last) + 1;
            }
        }

        /** The last day may be one of the next year. */
        record EachYear(MonthDay first, MonthDay last) implements Span {
            private static final int LEAP_YEAR = 2024;

            @Override
            public boolean contains(LocalDate date) {
                MonthDay day = MonthDay.from(date);
                boolean isFromFirst = !day.isBefore(first);
                boolean isToLast = !day.isAfter(last);
                return first.isAfter(last) ? isFromFirst || isToLast : isFromFirst && isToLast;
            }

            @Override
            public long days() {
                LocalDate begin = first.atYear(LEAP_YEAR);
                return ChronoUnit.DAYS.between(begin, last.atYear(first.isAfter(last) ? LEAP_YEAR + 1 : LEAP_YEAR)) + 1;
            }
        }
    }

    public DaysOff {
        spans = List.copyOf(spans);
    }

    /**
     * Reads days, each as above, with commas between them; no text is no day.
     *
     * @throws IllegalArgumentException if the text is something else
     */
    public static DaysOff parse(String text) {
        if (text.isBlank()) {
            return NONE;
        }
        List<Span> spans = new ArrayList<>();
        for (String each : text.split(",", -1)) {
            spans.add(span(each.strip()));
        }
        return new DaysOff(spans);
    }

    private static Span span(String text) {
        String[] ends = text.split("\\.\\.", 2);
        String first = ends[0].strip();
        String last = ends[ends.length - 1].strip();
        try {
            boolean isOfEachYear = first.length() <= "12-31".length();
            Span span = isOfEachYear
                    ? new Span.EachYear(MonthDay.parse("--" + first), MonthDay.parse("--" + last))
                    : new Span.Once(LocalDate.parse(first), LocalDate.parse(last));
            if (span.days() < 1 || span.days() > LONGEST_SPAN_DAYS) {
                throw new IllegalArgumentException("not a span of 1 to " + LONGEST_SPAN_DAYS + " days: '" + text + "'");
            }
            return span;
        } catch (DateTimeException e) {
            throw new IllegalArgumentException("not a day: '" + text + "'", e);
        }
    }

    boolean contains(LocalDate day) {
        return spans.stream().anyMatch(span -> span.contains(day));
    }

    /** The first day from this one on that is not off; if there is none within three years, one of these. */
    LocalDate workday(LocalDate day) {
        LocalDate next = day;
        for (int i = 0; i < LOOKED_AHEAD_DAYS && contains(next); i++) {
            next = next.plusDays(1);
        }
        return next;
    }
}
