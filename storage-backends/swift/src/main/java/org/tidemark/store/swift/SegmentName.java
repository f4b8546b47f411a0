// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import java.util.Locale;
import java.util.Optional;
import org.tidemark.store.ObjectKey;

/**
 * The name of a segment: below a first part that begins with a dot, which no key has, so that no key can be in the way
 * and no listing shows it. Immutable.
 *
 * @param key of the object that it is for
 * @param upload 16 hexadecimal digits, made anew for each upload
 */
record SegmentName(ObjectKey key, String upload, int number) {
    static final String BEGIN = ".segments/";

    /** Behind every segment, and before everything that comes after them: '0' is what follows the slash in ASCII. */
    static final String END = ".segments0";

    static boolean isSegment(String name) {
        return name.startsWith(BEGIN);
    }

    /** The beginning of the names of all segments of an upload. */
    static String ofUpload(ObjectKey key, String upload) {
        return BEGIN + key + "/" + upload + "/";
    }

    /** Behind the names of all segments of an upload, as {@link #END} is. */
    static String endOfUpload(ObjectKey key, String upload) {
        return BEGIN + key + "/" + upload + "0";
    }

    String name() {
        return ofUpload(key, upload) + String.format(Locale.ROOT, "%05d", number);
    }

    /** Empty if it is none of ours. */
    static Optional<SegmentName> parse(String name) {
        String[] parts = name.split("/", -1);
        if (!isSegment(name) || parts.length < 4) {
            return Optional.empty();
        }
        String number = parts[parts.length - 1];
        String upload = parts[parts.length - 2];
        int tail = number.length() + upload.length() + 2;
        if (name.length() - tail <= BEGIN.length()) {
            return Optional.empty();
        }
        String key = name.substring(BEGIN.length(), name.length() - tail);
        return number.matches("[0-9]{5}") && upload.matches("[0-9a-f]{16}") && ObjectKey.isKey(key)
                ? Optional.of(new SegmentName(new ObjectKey(key), upload, Integer.parseInt(number)))
                : Optional.empty();
    }
}
