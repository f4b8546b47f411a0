// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.wal;

import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;

/**
 * Segments of one timeline, from one to another. Immutable.
 *
 * @param first both ends are included
 */
record SegmentRange(Segment first, Segment last) {
    SegmentRange {
        if (!first.timeline().equals(last.timeline()) || first.compareTo(last) > 0) {
            throw new IllegalArgumentException("no range of one timeline: " + first + " to " + last);
        }
    }

    boolean contains(Segment segment) {
        return overlaps(segment, segment);
    }

    /** Whether any segment from one to another of the same timeline is in it. */
    boolean overlaps(Segment from, Segment to) {
        return from.timeline().equals(first.timeline()) && first.compareTo(to) <= 0 && from.compareTo(last) <= 0;
    }

    /** Whether both together are one range. */
    boolean touches(SegmentRange other, WalSegmentSize size) {
        return first.timeline().equals(other.first.timeline())
                && first.index(size) <= other.last.index(size) + 1
                && other.first.index(size) <= last.index(size) + 1;
    }

    /** One range of both, which touch. */
    SegmentRange and(SegmentRange other) {
        return new SegmentRange(
                first.compareTo(other.first) <= 0 ? first : other.first,
                last.compareTo(other.last) >= 0 ? last : other.last);
    }
}
