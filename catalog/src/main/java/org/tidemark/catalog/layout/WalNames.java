// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.layout;

import java.util.Optional;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile;
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
    static boolean isHex(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if ((c < '0' || c > '9') && (c < 'A' || c > 'F')) {
                return false;
            }
        }
        return true;
    }
}
