// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.MonthDay;
import java.util.ArrayList;
import java.util.List;

/**
 * Days on which nothing is scheduled: of one year, such as {@code 2026-12-31}, or of each, such as {@code 12-24};
 * alone, or the first and the last of several, such as {@code 2026-12-31..2027-01-02}. Immutable.
 */
public record DaysOff(List<Span> spans) {
    /** No day. */
    public static final DaysOff NONE = new DaysOff(List.of());

    /** From where each day of some year is found off, nobody looks further. */
    private static final int LOOKED_AHEAD_DAYS = 3 * 366;

    /** Some days in sequence. */
    public sealed interface Span {
        boolean contains(LocalDate day);

        record Once(LocalDate first, LocalDate last) implements Span {
            @Override
            public boolean contains(LocalDate day) {
                return !day.isBefore(first) && !day.isAfter(last);
            }
        }

        /** The last day may be one of the next year. */
        record EachYear(MonthDay first, MonthDay last) implements Span {
            @Override
            public boolean contains(LocalDate date) {
                MonthDay day = MonthDay.from(date);
                boolean isFromFirst = !day.isBefore(first);
                boolean isToLast = !day.isAfter(last);
                return first.isAfter(last) ? isFromFirst || isToLast : isFromFirst && isToLast;
            }
        }
    }

    public DaysOff {
        spans = List.copyOf(spans);
    }

    /**
     * Reads days, each as above, with commas between them.
     *
     * @throws IllegalArgumentException if the text is something else
     */
    public static DaysOff parse(String text) {
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
            if (first.length() <= "12-31".length()) {
                return new Span.EachYear(MonthDay.parse("--" + first), MonthDay.parse("--" + last));
            }
            Span.Once once = new Span.Once(LocalDate.parse(first), LocalDate.parse(last));
            if (once.last().isBefore(once.first())) {
                throw new IllegalArgumentException("the last day is before the first: '" + text + "'");
            }
            return once;
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
