// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.text.ParseException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.time.zone.ZoneOffsetTransition;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TimeZone;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.quartz.CronExpression;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;

/**
 * When something is due: the five fields of a crontab, one of its words such as {@code @daily}, or the six or seven
 * fields of Quartz, which begin with the seconds. Immutable.
 */
public final class CronSchedule {
    private static final Map<String, String> WORDS = Map.of(
            "@hourly", "0 * * * *",
            "@daily", "0 0 * * *",
            "@midnight", "0 0 * * *",
            "@weekly", "0 0 * * 0",
            "@monthly", "0 0 1 * *",
            "@yearly", "0 0 1 1 *",
            "@annually", "0 0 1 1 *");

    private static final List<String> DAYS = List.of("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT");

    /**
     * A schedule that has an earlier time has one within so many days: 29 February of a leap year may be 8 years ago.
     */
    private static final int LONGEST_PAUSE_DAYS = 8 * 366 + 1;

    private final String text;
    private final ZoneId zone;
    private final String quartz;
    private final DaysOff off;

    private CronSchedule(String text, ZoneId zone, String quartz, DaysOff off) {
        this.text = text;
        this.zone = zone;
        this.quartz = quartz;
        this.off = off;
    }

    /** The same times, but for those on these days. */
    public CronSchedule without(DaysOff days) {
        return new CronSchedule(text, zone, quartz, days);
    }

    /**
     * Reads a schedule. It finds most mistakes; {@link #requireValid} finds all, which loads Quartz: that would cost
     * each command a tenth of a second.
     *
     * @param zone in which the fields are meant
     * @throws IllegalArgumentException if the text is no schedule
     */
    public static CronSchedule parse(String text, ZoneId zone) {
        String plain = text.strip();
        String[] fields =
                WORDS.getOrDefault(plain.toLowerCase(Locale.ROOT), plain).split("\\s+", -1);
        if (fields.length < 5 || fields.length > 7) {
            throw new IllegalArgumentException("a cron expression has 5 fields, or 6 or 7 with the seconds");
        }
        int first = fields.length == 5 ? 1 : 0;
        for (int i = 0; i + first < FIELDS.size() && i < fields.length; i++) {
            requireInRange(fields[i], FIELDS.get(i + first));
        }
        return new CronSchedule(plain, zone, fields.length == 5 ? ofCrontab(fields) : plain, DaysOff.NONE);
    }

    /** The values of a field, and whether it has letters beside names. */
    private record Field(int least, int most, Pattern form) {
        static final Pattern NUMBERS = Pattern.compile("[0-9*,/-]+");
        static final Pattern NAMES = Pattern.compile("[0-9A-Za-z*?,/#-]+");
    }

    /** The fields before the day of the week: second, minute, hour, day, month. */
    private static final List<Field> FIELDS = List.of(
            new Field(0, 59, Field.NUMBERS),
            new Field(0, 59, Field.NUMBERS),
            new Field(0, 23, Field.NUMBERS),
            new Field(1, 31, Field.NAMES),
            new Field(1, 12, Field.NAMES));

    private static void requireInRange(String text, Field field) {
        if (!field.form().matcher(text).matches()) {
            throw new IllegalArgumentException("not a field of a cron expression: '" + text + "'");
        }
        for (String part : text.split(",", -1)) {
            for (String end : part.split("/", 2)[0].split("-", 2)) {
                if (!end.isEmpty() && end.chars().allMatch(each -> each >= '0' && each <= '9')) {
                    int number = Integer.parseInt(end);
                    if (number < field.least() || number > field.most()) {
                        throw new IllegalArgumentException("out of range: '" + end + "'");
                    }
                }
            }
        }
    }

    /**
     * Refuses what Quartz cannot read, and what never occurs.
     *
     * @throws UserFacingException with USAGE
     */
    public void requireValid() {
        Optional<Instant> once;
        try {
            once = next(Instant.EPOCH);
        } catch (IllegalArgumentException e) {
            throw invalid("is not a cron expression", e);
        }
        if (once.isEmpty()) {
            throw invalid("never occurs", null);
        }
    }

    private UserFacingException invalid(String problem, @Nullable Exception cause) {
        return new UserFacingException(
                ExitCode.USAGE,
                "the schedule '" + text + "' " + problem,
                "Correct it in the configuration. See where it is set with: tidemark config",
                cause);
    }

    /** Quartz counts the days of the week from 1, and wants a question mark for the day that does not count. */
    private static String ofCrontab(String[] fields) {
        String day = fields[2];
        String weekday = fields[4];
        boolean anyDay = day.equals("*") || day.equals("?");
        boolean anyWeekday = weekday.equals("*") || weekday.equals("?");
        if (!anyDay && !anyWeekday) {
            throw new IllegalArgumentException("a day of the month and a day of the week cannot be combined");
        }
        return "0 " + fields[0] + " " + fields[1] + " " + (anyWeekday ? (anyDay ? "*" : day) : "?") + " " + fields[3]
                + " " + (anyWeekday ? "?" : weekdays(weekday));
    }

    private static String weekdays(String field) {
        TreeSet<Integer> days = new TreeSet<>();
        for (String part : field.split(",", -1)) {
            String[] step = part.split("/", 2);
            String[] range = step[0].equals("*") ? new String[] {"0", "6"} : step[0].split("-", 2);
            int first = weekday(range[0]);
            int last = range.length == 2 ? weekday(range[1]) : first;
            int by = step.length == 2 ? Integer.parseInt(step[1]) : 1;
            if (last < first || by < 1) {
                throw new IllegalArgumentException("not days of the week: '" + field + "'");
            }
            for (int each = first; each <= last; each += by) {
                days.add(each % 7);
            }
        }
        List<String> names = new ArrayList<>();
        days.forEach(each -> names.add(DAYS.get(each)));
        return String.join(",", names);
    }

    /** 0 to 7: a crontab has two numbers for Sunday. */
    private static int weekday(String text) {
        int named = DAYS.indexOf(text.toUpperCase(Locale.ROOT));
        int number = named < 0 ? Integer.parseInt(text) : named;
        if (number < 0 || number > 7) {
            throw new IllegalArgumentException("not a day of the week: '" + text + "'");
        }
        return number;
    }

    /**
     * The first time after {@code time}; empty if there is none. Where clocks are set forward, a time that they skip
     * occurs as much later. Where they are set back, a time occurs once, when it is first on the clock.
     */
    public Optional<Instant> next(Instant time) {
        CronExpression expression = expression();
        expression.setTimeZone(TimeZone.getTimeZone(ZoneOffset.UTC));
        LocalDateTime local = startOfSearch(time);
        while (true) {
            @Nullable Date found = expression.getNextValidTimeAfter(Date.from(local.toInstant(ZoneOffset.UTC)));
            if (found == null) {
                return Optional.empty();
            }
            local = LocalDateTime.ofInstant(found.toInstant(), ZoneOffset.UTC);
            if (off.contains(local.toLocalDate())) {
                local = local.toLocalDate().plusDays(1).atStartOfDay().minusSeconds(1);
                continue;
            }
            Instant next = ZonedDateTime.ofLocal(local, zone, null).toInstant();
            if (next.isAfter(time)) {
                return Optional.of(next);
            }
        }
    }

    /** The time on the clock; just after clocks were set forward, before what they skipped. */
    private LocalDateTime startOfSearch(Instant time) {
        @Nullable ZoneOffsetTransition change = zone.getRules().previousTransition(time.plusSeconds(1));
        boolean skipped = change != null
                && change.isGap()
                && time.isBefore(change.getInstant().plus(change.getDuration()));
        return skipped ? change.getDateTimeBefore().minusSeconds(1) : LocalDateTime.ofInstant(time, zone);
    }

    /** Knows no summer time: Quartz would leave out a time that the clocks skip. */
    private CronExpression expression() {
        try {
            return new CronExpression(quartz);
        } catch (ParseException | RuntimeException e) {
            throw new IllegalArgumentException("not a cron expression: '" + text + "'", e);
        }
    }

    /** The last time that is not after {@code now}; empty if there is none in the last eight years. */
    public Optional<Instant> last(Instant now) {
        // Quartz looks forwards alone. The time after a moment that is early enough is not after now.
        Instant early = now.truncatedTo(ChronoUnit.SECONDS).minus(LONGEST_PAUSE_DAYS, ChronoUnit.DAYS);
        if (!isBy(now, early)) {
            return Optional.empty();
        }
        long low = 0;
        long high = ChronoUnit.SECONDS.between(early, now) + 1;
        while (high - low > 1) {
            long middle = (low + high) >>> 1;
            if (isBy(now, early.plusSeconds(middle))) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return next(early.plusSeconds(low));
    }

    /** If this is a day off, when the days off end. */
    public Optional<Instant> offUntil(Instant now) {
        LocalDate today = now.atZone(zone).toLocalDate();
        return off.contains(today)
                ? Optional.of(off.workday(today).atStartOfDay(zone).toInstant())
                : Optional.empty();
    }

    private boolean isBy(Instant now, Instant after) {
        return next(after).filter(time -> !time.isAfter(now)).isPresent();
    }

    public ZoneId zone() {
        return zone;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof CronSchedule schedule
                && schedule.quartz.equals(quartz)
                && schedule.zone.equals(zone)
                && schedule.off.equals(off);
    }

    @Override
    public int hashCode() {
        return quartz.hashCode();
    }

    /** Returns the schedule as it was written. */
    @Override
    public String toString() {
        return text;
    }
}
