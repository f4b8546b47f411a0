// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.layout;

import java.util.Optional;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.store.ObjectKey;

/** What listed keys name. Parsed by hand: this runs for every object of a listing. */
public final class WalNames {
    private static final int SEGMENT_DIGITS = 24;
    private static final int TIMELINE_DIGITS = 8;
    private static final String HISTORY = ".history";

    private WalNames() {}

    /** The segment of this name; empty if it is the name of another kind of file. */
    public static Optional<WalFile.Segment> segment(String name) {
        if (name.length() != SEGMENT_DIGITS || !isHex(name)) {
            return Optional.empty();
        }
        Optional<Timeline> timeline = timeline(name.substring(0, TIMELINE_DIGITS));
        if (timeline.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new WalFile.Segment(
                timeline.get(), Integer.parseUnsignedInt(name, 8, 16, 16), Integer.parseUnsignedInt(name, 16, 24, 16)));
    }

    /** The segment of this name; any other name is an {@link IllegalArgumentException}. */
    public static WalFile.Segment requireSegment(String name) {
        return segment(name)
                .orElseThrow(() -> new IllegalArgumentException("not the name of a segment: '" + name + "'"));
    }

    /**
     * The number of the segment, counted from 0/0, that a key names; -1 if it is the key of anything else. Makes no
     * object: a listing has millions of segments.
     *
     * @param folder of the timeline, with its slash
     */
    public static long segmentIndex(ObjectKey key, String folder, WalSegmentSize size) {
        String text = key.value();
        int log = folder.length();
        int name = log + TIMELINE_DIGITS + 1;
        boolean isSegment = text.length() == name + SEGMENT_DIGITS
                && text.startsWith(folder)
                && text.charAt(name - 1) == '/'
                && text.regionMatches(name, folder, log - TIMELINE_DIGITS - 1, TIMELINE_DIGITS)
                && text.regionMatches(name + TIMELINE_DIGITS, text, log, TIMELINE_DIGITS);
        if (!isSegment) {
            return -1;
        }
        long middle = hex(text, log);
        long number = hex(text, name + 2 * TIMELINE_DIGITS);
        return middle < 0 || number < 0 || number >= size.segmentsPerLog()
                ? -1
                : middle * size.segmentsPerLog() + number;
    }

    /** Eight digits as a number; -1 if one of them is not a digit. */
    private static long hex(String text, int from) {
        long number = 0;
        for (int i = from; i < from + TIMELINE_DIGITS; i++) {
            char c = text.charAt(i);
            if (c >= '0' && c <= '9') {
                number = number * 16 + (c - '0');
            } else if (c >= 'A' && c <= 'F') {
                number = number * 16 + (c - 'A' + 10);
            } else {
                return -1;
            }
        }
        return number;
    }

    /** The timeline whose history a key of the folder {@code history} names. */
    public static Optional<Timeline> history(ObjectKey key) {
        String name = key.name();
        return name.length() == TIMELINE_DIGITS + HISTORY.length() && name.endsWith(HISTORY)
                ? timeline(name.substring(0, TIMELINE_DIGITS))
                : Optional.empty();
    }

    /** Eight digits as a timeline. */
    public static Optional<Timeline> timeline(String digits) {
        if (digits.length() != TIMELINE_DIGITS || !isHex(digits)) {
            return Optional.empty();
        }
        int id = Integer.parseUnsignedInt(digits, 16);
        return id < 1 ? Optional.empty() : Optional.of(new Timeline(id));
    }

    /** Digits as PostgreSQL writes them, in upper case. */
    public static boolean isHex(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if ((c < '0' || c > '9') && (c < 'A' || c > 'F')) {
                return false;
            }
        }
        return true;
    }
}
