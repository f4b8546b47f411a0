// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Sizes, durations and times as people read them. Most without a formatter: a list has ten thousand of each. */
public final class Amounts {
    private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    private static final DateTimeFormatter MINUTES =
            DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm", Locale.ROOT).withZone(ZoneOffset.UTC);

    private Amounts() {}

    /** {@code 3.1 GiB}: one decimal below ten, none above. */
    public static String size(long bytes) {
        double number = bytes;
        int unit = 0;
        while (Math.abs(number) >= 1000 && unit < UNITS.length - 1) {
            number /= 1024;
            unit++;
        }
        // 9.96 would be printed as 10.0.
        boolean isShort = unit > 0 && Math.abs(number) < 9.95;
        long rounded = Math.round(Math.abs(number) * (isShort ? 10 : 1));
        return (number < 0 ? "-" : "")
                + (isShort ? rounded / 10 + "." + rounded % 10 : Long.toString(rounded))
                + " "
                + UNITS[unit];
    }

    /** {@code 18s}, {@code 27m40s}, {@code 4h29m}, {@code 3d04h}: the two greatest units. */
    public static String duration(Duration duration) {
        Duration shown = duration.isNegative() ? Duration.ZERO : duration;
        if (shown.toDays() > 0) {
            return shown.toDays() + "d" + digits(shown.toHoursPart()) + "h";
        }
        if (shown.toHours() > 0) {
            return shown.toHours() + "h" + digits(shown.toMinutesPart()) + "m";
        }
        if (shown.toMinutes() > 0) {
            return shown.toMinutes() + "m" + digits(shown.toSecondsPart()) + "s";
        }
        return shown.toSeconds() + "s";
    }

    private static String digits(int number) {
        return number < 10 ? "0" + number : Integer.toString(number);
    }

    /** {@code 2026-11-20 02:14}, UTC: for the cells of a table whose title says so. */
    public static String minute(Instant time) {
        LocalDateTime utc = LocalDateTime.ofInstant(time, ZoneOffset.UTC);
        return utc.getYear() < 1000 || utc.getYear() > 9999
                ? MINUTES.format(time)
                : utc.getYear() + "-" + digits(utc.getMonthValue()) + "-" + digits(utc.getDayOfMonth()) + " "
                        + digits(utc.getHour()) + ":" + digits(utc.getMinute());
    }

    /** {@code 2026-11-20 02:14:09Z}. */
    public static String second(Instant time) {
        return UtcTime.seconds(time);
    }

    /** {@code 1 backup}, {@code 2 backups}. */
    public static String count(long number, String one, String many) {
        return number == 1 ? "1 " + one : String.format(Locale.ROOT, "%,d ", number) + many;
    }
}
