// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a request to a resumable session says of its body. Immutable.
 *
 * @param from where the body begins; empty if it has no bytes and only asks, or finishes
 * @param total how long the object will be, once the client knows
 */
record ContentRange(OptionalLong from, OptionalLong last, OptionalLong total) {
    private static final Pattern FORM = Pattern.compile("bytes (\\*|([0-9]{1,18})-([0-9]{1,18}))/(\\*|[0-9]{1,18})");

    /** Without the header, the body is the whole object. */
    static ContentRange of(Optional<String> header) {
        if (header.isEmpty()) {
            return new ContentRange(OptionalLong.of(0), OptionalLong.empty(), OptionalLong.empty());
        }
        Matcher form = FORM.matcher(header.get());
        if (!form.matches()) {
            throw ApiError.invalid("Failed to parse Content-Range header: '" + header.get() + "'");
        }
        OptionalLong total =
                form.group(4).equals("*") ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(form.group(4)));
        if (form.group(1).equals("*")) {
            return new ContentRange(OptionalLong.empty(), OptionalLong.empty(), total);
        }
        long from = Long.parseLong(form.group(2));
        long last = Long.parseLong(form.group(3));
        if (last < from || (total.isPresent() && last >= total.getAsLong())) {
            throw ApiError.invalid("the Content-Range contradicts itself: '" + header.get() + "'");
        }
        return new ContentRange(OptionalLong.of(from), OptionalLong.of(last), total);
    }

    /** Whether the object ends with this body. */
    boolean isFinal() {
        return last.isEmpty() || (total.isPresent() && last.getAsLong() + 1 == total.getAsLong());
    }

    /** Refuses a body of another length than the range has. */
    void checkLength(long bytes) {
        if (last.isPresent() && last.getAsLong() - from.orElse(0) + 1 != bytes) {
            throw ApiError.invalid("the body has " + bytes + " bytes, and the Content-Range says "
                    + (last.getAsLong() - from.orElse(0) + 1));
        }
    }
}
