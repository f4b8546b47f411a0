// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.util.Locale;

/** The form of a time in every message: UTC, in a format that PostgreSQL and {@code --target-time} accept. */
public final class UtcTime {
    private static final DateTimeFormatter SECONDS =
            DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);
    // PostgreSQL stores microseconds.
    private static final DateTimeFormatter EXACT = new DateTimeFormatterBuilder()
            .appendPattern("uuuu-MM-dd HH:mm:ss")
            .appendFraction(ChronoField.NANO_OF_SECOND, 0, 6, true)
            .appendLiteral('Z')
            .toFormatter(Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    private static final DateTimeFormatter ISO = DateTimeFormatter.ofPattern(
                    "uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    private UtcTime() {}

    /** {@code 2026-11-20 18:10:29Z}: truncated to whole seconds. */
    public static String seconds(Instant time) {
        return SECONDS.format(time);
    }

    /** {@code 2026-11-20 18:10:29.155514Z}: with microseconds, for times such as a recovery target. */
    public static String exact(Instant time) {
        return EXACT.format(time);
    }

    /** {@code 2026-11-20T18:10:29.155514Z}, always with six digits, the rest cut off: every time in JSON output. */
    public static String iso(Instant time) {
        return ISO.format(time);
    }
}
