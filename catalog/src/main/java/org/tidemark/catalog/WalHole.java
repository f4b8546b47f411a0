// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalSegmentSize;

/**
 * Segments of one timeline that are not archived, although what comes before and what comes after them is. Immutable.
 *
 * @param count how many segments, 1 or more
 */
public record WalHole(WalFile.Segment first, WalFile.Segment last, long count) implements Comparable<WalHole> {
    /** The hole from the place {@code from} up to and with the place {@code to}. */
    static WalHole between(Timeline timeline, long from, long to, WalSegmentSize size) {
        return new WalHole(
                WalFile.Segment.of(timeline, from, size), WalFile.Segment.of(timeline, to, size), to - from + 1);
    }

    public Timeline timeline() {
        return first.timeline();
    }

    @Override
    public int compareTo(WalHole other) {
        return first.compareTo(other.first);
    }
}
