// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A line of {@code rsync --list-only --no-h}: {@code -rw-r--r-- 100000 2026/11/20 11:40:45 a/b/f}. The time is in the
 * time zone of the local rsync program, which runs with UTC.
 *
 * @param type {@code -} for a file, {@code d} for a directory
 * @param path has unprintable bytes as {@code \#ooo}, which no key contains
 */
record ListedFile(char type, long sizeBytes, Instant modified, String path) {
    private static final Pattern LINE = Pattern.compile(
            "([-a-zA-Z])\\S{9,10} +([0-9]{1,18}) ([0-9]{4,})/([0-9]{2})/([0-9]{2}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) (.+)");

    /** Empty if the line is not a line of a listing. */
    static Optional<ListedFile> parse(String line) {
        Matcher matcher = LINE.matcher(line);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        try {
            Instant modified = LocalDateTime.of(
                            Integer.parseInt(matcher.group(3)),
                            Integer.parseInt(matcher.group(4)),
                            Integer.parseInt(matcher.group(5)),
                            Integer.parseInt(matcher.group(6)),
                            Integer.parseInt(matcher.group(7)),
                            Integer.parseInt(matcher.group(8)))
                    .toInstant(ZoneOffset.UTC);
            char type = matcher.group(1).charAt(0);
            String path = matcher.group(9);
            // The line of a symbolic link also has the target of the link.
            int arrow = type == 'l' ? path.indexOf(" -> ") : -1;
            return Optional.of(new ListedFile(
                    type, Long.parseLong(matcher.group(2)), modified, arrow < 0 ? path : path.substring(0, arrow)));
        } catch (DateTimeException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    boolean isFile() {
        return type == '-';
    }

    boolean isDirectory() {
        return type == 'd';
    }
}
