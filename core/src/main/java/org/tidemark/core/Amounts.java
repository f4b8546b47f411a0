// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** Sizes, durations and times as people read them. */
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
        String pattern = unit > 0 && Math.abs(number) < 9.95 ? "%.1f %s" : "%.0f %s";
        return String.format(Locale.ROOT, pattern, number, UNITS[unit]);
    }

    /** {@code 18 s}, {@code 27m40s}, {@code 4h29m}, {@code 3d04h}: the two greatest units. */
    public static String duration(Duration duration) {
        Duration shown = duration.isNegative() ? Duration.ZERO : duration;
        if (shown.toDays() > 0) {
            return String.format(Locale.ROOT, "%dd%02dh", shown.toDays(), shown.toHoursPart());
        }
        if (shown.toHours() > 0) {
            return String.format(Locale.ROOT, "%dh%02dm", shown.toHours(), shown.toMinutesPart());
        }
        if (shown.toMinutes() > 0) {
            return String.format(Locale.ROOT, "%dm%02ds", shown.toMinutes(), shown.toSecondsPart());
        }
        return shown.toSeconds() + "s";
    }

    /** {@code 2026-11-20 02:14}, UTC: for the cells of a table whose title says so. */
    public static String minute(Instant time) {
        return MINUTES.format(time);
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
