// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.receive;

import java.util.Comparator;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;

/**
 * The first byte of WAL that is needed next: the start of a segment. Ordered along a timeline path, on which positions
 * of later timelines come later. Immutable.
 */
public record WalPosition(Timeline timeline, Lsn at) implements Comparable<WalPosition> {
    /** The start of the segment that contains a byte. */
    static WalPosition ofSegmentWith(Timeline timeline, Lsn position, WalSegmentSize size) {
        return new WalPosition(timeline, size.start(size.segmentNumber(position)));
    }

    static WalPosition startOf(Segment segment, WalSegmentSize size) {
        return new WalPosition(segment.timeline(), segment.start(size));
    }

    static WalPosition endOf(Segment segment, WalSegmentSize size) {
        return new WalPosition(segment.timeline(), segment.end(size));
    }

    Segment segment(WalSegmentSize size) {
        return Segment.containing(timeline, at, size);
    }

    @Override
    public int compareTo(WalPosition other) {
        return Comparator.comparing(WalPosition::timeline)
                .thenComparing(WalPosition::at)
                .compare(this, other);
    }

    @Override
    public String toString() {
        return at + " on timeline " + timeline;
    }
}
