// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.layout;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The name of a backup: the second in which it began, {@code 20261120T063011Z}, with {@code -2} and so on after it
 * where one second has several. Compared by that; which backup continues which is decided by LSN, never by name.
 * Immutable.
 *
 * @param value as it stands in keys
 */
public record BackupId(String value) implements Comparable<BackupId> {
    private static final Pattern TEXT = Pattern.compile("([0-9]{8}T[0-9]{6})Z(?:-([2-9]|[1-9][0-9]{1,3}))?");
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

    public static boolean isId(String text) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches()) {
            return false;
        }
        try {
            LocalDateTime time = LocalDateTime.parse(matcher.group(1), SECOND);
            return SECOND.format(time).equals(matcher.group(1));
        } catch (DateTimeException e) {
            return false;
        }
    }

    private int number() {
        int hyphen = value.indexOf('-');
        return hyphen < 0 ? 1 : Integer.parseInt(value.substring(hyphen + 1));
    }

    @Override
    public int compareTo(BackupId other) {
        return Comparator.comparing((BackupId id) -> id.value.substring(0, 16))
                .thenComparingInt(BackupId::number)
                .compare(this, other);
    }

    @Override
    public String toString() {
        return value;
    }
}
