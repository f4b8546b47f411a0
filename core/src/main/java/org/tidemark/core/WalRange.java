// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * A range of one timeline's WAL, from {@code start} up to but not including {@code stop}. Immutable.
 *
 * @param start the first byte
 * @param stop the position after the last byte, not before {@code start}
 */
public record WalRange(Timeline timeline, Lsn start, Lsn stop) {
    public WalRange {
        if (stop.isBefore(start)) {
            throw new IllegalArgumentException("a WAL range cannot stop at " + stop + " before its start " + start);
        }
    }

    public WalFile.Segment first(WalSegmentSize size) {
        return WalFile.Segment.containing(timeline, start, size);
    }

    /** The segment that holds the last byte; the one that starts at {@code stop} is not needed. */
    public WalFile.Segment last(WalSegmentSize size) {
        return WalFile.Segment.containing(timeline, stop.equals(start) ? start : stop.plus(-1), size);
    }

    /** The number of segments that hold the range: 1 or more. */
    public long count(WalSegmentSize size) {
        return last(size).index(size) - first(size).index(size) + 1;
    }

    /** The segments that hold the range, in order. The stream is lazy, because a range may be long. */
    public Stream<WalFile.Segment> segments(WalSegmentSize size) {
        return LongStream.rangeClosed(first(size).index(size), last(size).index(size))
                .mapToObj(index -> WalFile.Segment.of(timeline, index, size));
    }
}
