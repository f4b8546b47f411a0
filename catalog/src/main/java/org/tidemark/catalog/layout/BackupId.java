// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.layout;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.Month;
import java.time.Year;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/**
 * The name of a backup: the second in which it began, {@code 20261120T063011Z}, with {@code -2} and so on after it
 * where one second has several. Compared by that; which backup continues which is decided by LSN, never by name.
 * Immutable.
 *
 * @param value as it stands in keys
 */
public record BackupId(String value) implements Comparable<BackupId> {
    private static final int SECOND_LENGTH = "20261120T063011Z".length();
    private static final DateTimeFormatter SECOND = DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss", Locale.ROOT);

    public BackupId {
        if (!isId(value)) {
            throw new IllegalArgumentException(
                    "not a backup id: '" + value + "' (expected a time such as 20261120T063011Z)");
        }
    }

    /**
     * The {@code number}-th id of a second.
     *
     * @param number 1 to 9999
     */
    public static BackupId of(Instant started, int number) {
        String second = SECOND.format(started.atOffset(ZoneOffset.UTC)) + "Z";
        return new BackupId(number == 1 ? second : second + "-" + number);
    }

    /** When the backup began, by the clock of its host, to the second. */
    public Instant started() {
        return LocalDateTime.parse(value.substring(0, SECOND_LENGTH - 1), SECOND)
                .toInstant(ZoneOffset.UTC);
    }

    /** Without a regular expression: this runs for each object of a listing. */
    public static boolean isId(String text) {
        if (text.length() < SECOND_LENGTH || text.charAt(8) != 'T' || text.charAt(15) != 'Z') {
            return false;
        }
        int date = digits(text, 0, 8);
        int time = digits(text, 9, 15);
        return date >= 0
                && time >= 0
                && isDate(date / 10_000, date / 100 % 100, date % 100)
                && time / 10_000 < 24
                && time / 100 % 100 < 60
                && time % 100 < 60
                && (text.length() == SECOND_LENGTH || isNumber(text));
    }

    private static boolean isDate(int year, int month, int day) {
        return month >= 1 && month <= 12 && day >= 1 && day <= Month.of(month).length(Year.isLeap(year));
    }

    /** {@code -2} to {@code -9999}, from {@code -10} on without a zero before it. */
    private static boolean isNumber(String text) {
        int begin = SECOND_LENGTH + 1;
        return text.charAt(SECOND_LENGTH) == '-'
                && text.length() > begin
                && text.length() <= begin + 4
                && text.charAt(begin) != '0'
                && digits(text, begin, text.length()) >= 2;
    }

    /** The number that these characters are; -1 if one of them is no digit. */
    private static int digits(String text, int from, int to) {
        int number = 0;
        for (int i = from; i < to; i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9) {
                return -1;
            }
            number = number * 10 + digit;
        }
        return number;
    }

    private int number() {
        int hyphen = value.indexOf('-');
        return hyphen < 0 ? 1 : Integer.parseInt(value.substring(hyphen + 1));
    }

    @Override
    public int compareTo(BackupId other) {
        // The seconds have the same length, so what differs in them comes first in the whole text as well.
        return value.regionMatches(0, other.value, 0, SECOND_LENGTH)
                ? Integer.compare(number(), other.number())
                : value.compareTo(other.value);
    }

    @Override
    public String toString() {
        return value;
    }
}
