// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.backups;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.regex.Pattern;
import org.tidemark.core.Amounts;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.session.GivenTime;

/** The moment until which a backup is kept: a time with its zone, or a date, which means the end of that day, UTC. */
public final class KeepEnd {
    private static final Pattern DATE = Pattern.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}");
    private static final LocalTime END_OF_DAY = LocalTime.of(23, 59, 59);

    private KeepEnd() {}

    /**
     * Parses a date or a time.
     *
     * @param hostZone for the message about a time without a zone
     * @throws UserFacingException USAGE if it is neither, has no zone, or is not after {@code now}
     */
    public static Instant parse(String text, ZoneId hostZone, Instant now) {
        Instant end = DATE.matcher(text.strip()).matches() ? endOf(text.strip()) : GivenTime.parse(text, hostZone);
        if (!end.isAfter(now)) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "the keep would end at " + Amounts.second(end) + ", which is in the past",
                    "To end a keep now, use: tidemark keep ID --release");
        }
        return end;
    }

    private static Instant endOf(String date) {
        try {
            return LocalDate.parse(date).atTime(END_OF_DAY).toInstant(ZoneOffset.UTC);
        } catch (DateTimeException e) {
            throw new UserFacingException(
                    ExitCode.USAGE, "there is no such day: '" + date + "'", "Write a date as 2027-11-01.", e);
        }
    }

    /** {@code 2027-11-01} for the end of that day, otherwise with the time: for people. */
    public static String brief(Instant end) {
        String minute = Amounts.minute(end);
        return end.atOffset(ZoneOffset.UTC).toLocalTime().equals(END_OF_DAY) ? minute.substring(0, 10) : minute;
    }
}
