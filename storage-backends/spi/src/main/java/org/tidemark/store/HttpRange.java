// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The part of an object that an HTTP answer has, by its header {@code Content-Range}. Immutable.
 *
 * @param first the position of the first byte
 * @param last the position of the last byte
 * @param objectBytes the size of the whole object
 */
public record HttpRange(long first, long last, long objectBytes) {
    private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (\\d{1,18})-(\\d{1,18})/(\\d{1,18})");

    /** Empty if the header is missing, or is not the range of an object with a known size. */
    public static Optional<HttpRange> parse(@Nullable String contentRange) {
        Matcher matcher = CONTENT_RANGE.matcher(contentRange == null ? "" : contentRange);
        return matcher.matches()
                ? Optional.of(new HttpRange(number(matcher, 1), number(matcher, 2), number(matcher, 3)))
                : Optional.empty();
    }

    private static long number(Matcher matcher, int group) {
        return Long.parseLong(matcher.group(group));
    }

    /** The header {@code Range} of a request for a range. */
    public static String header(ByteRange range) {
        boolean toEnd = range.length() == ByteRange.TO_END || range.offset() > Long.MAX_VALUE - range.length();
        return "bytes=" + range.offset() + "-" + (toEnd ? "" : Long.toString(range.offset() + range.length() - 1));
    }

    /**
     * Whether this is the answer to a request for a range: all of its bytes that exist.
     *
     * @param length the number of bytes of the answer
     */
    public boolean answers(ByteRange range, long length) {
        return first == range.offset() && length == range.sizeIn(objectBytes);
    }
}
