// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The part of an object that a request wants, by RFC 9110 section 14. Immutable. */
record ByteRange(long from, long count, boolean partial) {
    private static final Pattern ONE = Pattern.compile("bytes=([0-9]{0,18})-([0-9]{0,18})");

    /** An invalid range is ignored; one beyond the end is refused. */
    static ByteRange of(Optional<String> header, long size) {
        ByteRange whole = new ByteRange(0, size, false);
        if (header.isEmpty()) {
            return whole;
        }
        if (header.get().contains(",")) {
            throw ApiError.notImplemented("several ranges in one request");
        }
        Matcher one = ONE.matcher(header.get());
        if (!one.matches() || (one.group(1).isEmpty() && one.group(2).isEmpty())) {
            return whole;
        }
        if (one.group(1).isEmpty()) {
            long suffix = Math.min(Long.parseLong(one.group(2)), size);
            return checked(size - suffix, suffix, size);
        }
        long from = Long.parseLong(one.group(1));
        long last = one.group(2).isEmpty() ? Long.MAX_VALUE : Long.parseLong(one.group(2));
        if (last < from) {
            return whole;
        }
        return checked(from, Math.min(last, size - 1) - from + 1, size);
    }

    private static ByteRange checked(long from, long count, long size) {
        if (from >= size || count <= 0) {
            throw ApiError.of(416, "requestedRangeNotSatisfiable", "The requested range cannot be satisfied.");
        }
        return new ByteRange(from, count, true);
    }
}
