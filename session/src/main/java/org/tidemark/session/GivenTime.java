// SPDX-License-Identifier: Apache-2.0
package org.tidemark.session;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.util.Locale;
import java.util.TimeZone;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.UtcTime;

/**
 * Parses a time that an operator typed, in PostgreSQL's format or in ISO 8601. A time without a zone is refused as
 * ambiguous.
 */
public final class GivenTime {
    private static final Pattern TEXT =
            Pattern.compile("([0-9]{4}-[0-9]{2}-[0-9]{2})[ T]([0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\\.[0-9]{1,9})?)?)"
                    + " ?(Z|[+-][0-9:]+|[A-Z]{2,5})?");
    private static final DateTimeFormatter LOCAL = new DateTimeFormatterBuilder()
            .appendPattern("uuuu-MM-dd HH:mm[:ss]")
            .appendFraction(ChronoField.NANO_OF_SECOND, 0, 9, true)
            .toFormatter(Locale.ROOT)
            .withResolverStyle(java.time.format.ResolverStyle.STRICT);

    private GivenTime() {}

    /**
     * Parses a time.
     *
     * @param hostZone for the message about a time without a zone
     * @throws UserFacingException USAGE if it is not a time, or has no zone
     */
    public static Instant parse(String text, ZoneId hostZone) {
        Matcher matcher = TEXT.matcher(text.strip());
        if (!matcher.matches()) {
            throw notATime(text);
        }
        try {
            LocalDateTime local = LocalDateTime.parse(matcher.group(1) + " " + matcher.group(2), LOCAL);
            String zone = matcher.group(3);
            if (zone == null) {
                throw new UserFacingException(
                        ExitCode.USAGE,
                        "'" + text + "' has no time zone: it is " + UtcTime.exact(local.toInstant(ZoneOffset.UTC))
                                + " in UTC, and "
                                + UtcTime.exact(local.atZone(hostZone).toInstant()) + " in this host's zone, "
                                + hostZone,
                        "Write one of these: '" + text + "+00', or '" + text
                                + hostZone.getRules()
                                        .getOffset(local.atZone(hostZone).toInstant()) + "'");
            }
            return local.toInstant(offset(zone, local, hostZone));
        } catch (DateTimeException e) {
            throw notATime(text);
        }
    }

    /**
     * PostgreSQL prints {@code +00}, {@code +05:30} and, for times long ago, seconds as well. Its log has an
     * abbreviation: several zones have the same one, so that only those of this host's zone are known.
     */
    private static ZoneOffset offset(String zone, LocalDateTime local, ZoneId hostZone) {
        if (zone.equals("Z") || zone.equals("UTC") || zone.equals("GMT")) {
            return ZoneOffset.UTC;
        }
        if (!Character.isLetter(zone.charAt(0))) {
            return ZoneOffset.of(zone);
        }
        TimeZone host = TimeZone.getTimeZone(hostZone);
        return hostZone.getRules().getValidOffsets(local).stream()
                .filter(offset -> zone.equals(host.getDisplayName(
                        hostZone.getRules().isDaylightSavings(local.toInstant(offset)),
                        TimeZone.SHORT,
                        Locale.ENGLISH)))
                .findFirst()
                .orElseThrow(() -> new UserFacingException(
                        ExitCode.USAGE,
                        "'" + zone + "' is not the zone of this host at this time, " + hostZone
                                + ", and several zones have such a name",
                        "Write the offset from UTC, such as '" + local.toLocalDate() + " " + local.toLocalTime()
                                + "-05'."));
    }

    private static UserFacingException notATime(String text) {
        return new UserFacingException(
                ExitCode.USAGE,
                "'" + text + "' is not a time",
                "Write it as PostgreSQL prints it, with its zone: '2026-11-20 06:30:00.123+00'.");
    }
}
