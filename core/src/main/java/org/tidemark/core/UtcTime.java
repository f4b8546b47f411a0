// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.util.Locale;

/**
 * The form of a time in every message: UTC, in a format that PostgreSQL and {@code --target-time} accept; and times of
 * documents.
 */
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

    /**
     * A time as {@link Instant#toString} writes it, which {@link Instant#parse} reads as well, in the tenfold time.
     *
     * @throws java.time.DateTimeException if it is not a time
     */
    public static Instant parse(String text) {
        int end = text.length() - 1;
        boolean isUsual = end >= 19
                && end <= 29
                && text.charAt(4) == '-'
                && text.charAt(7) == '-'
                && text.charAt(10) == 'T'
                && text.charAt(13) == ':'
                && text.charAt(16) == ':'
                && (end == 19 || (end > 20 && text.charAt(19) == '.'))
                && text.charAt(end) == 'Z';
        for (int i = 0; isUsual && i < end; i++) {
            isUsual = (text.charAt(i) >= '0' && text.charAt(i) <= '9')
                    || i == 4
                    || i == 7
                    || i == 10
                    || i == 13
                    || i == 16
                    || i == 19;
        }
        if (!isUsual || text.startsWith("24", 11) || text.startsWith("60", 17)) {
            return Instant.parse(text);
        }
        int nanos = end == 19 ? 0 : number(text, 20, end);
        for (int i = end; i < 29 && end > 19; i++) {
            nanos *= 10;
        }
        return LocalDateTime.of(
                        number(text, 0, 4),
                        number(text, 5, 7),
                        number(text, 8, 10),
                        number(text, 11, 13),
                        number(text, 14, 16),
                        number(text, 17, 19),
                        nanos)
                .toInstant(ZoneOffset.UTC);
    }

    private static int number(String text, int from, int to) {
        return Integer.parseInt(text, from, to, 10);
    }
}
