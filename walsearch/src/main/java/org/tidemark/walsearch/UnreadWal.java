// SPDX-License-Identifier: Apache-2.0
package org.tidemark.walsearch;

import java.time.Instant;
import java.util.Optional;
import org.tidemark.core.Lsn;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;

/**
 * WAL in the middle of what was read that is missing or damaged: what happened there is not known. Immutable.
 *
 * @param first segment of it
 * @param last segment of it
 * @param isEnd whether it is the end of one segment alone, whose beginning was read
 * @param next the first segment after it that was read; empty if there is none
 * @param after the end of the last transaction before it; empty if that was not looked at, or is not known
 * @param until the end of the first transaction after it, in the same way
 */
public record UnreadWal(
        Segment first,
        Segment last,
        boolean isEnd,
        Optional<Segment> next,
        Optional<Instant> after,
        Optional<Instant> until) {
    UnreadWal(Segment first, Segment last, boolean isEnd) {
        this(first, last, isEnd, Optional.empty(), Optional.empty(), Optional.empty());
    }

    /** Where it begins, or later. */
    public Lsn start(WalSegmentSize size) {
        return isEnd ? first.end(size) : first.start(size);
    }

    UnreadWal before(Segment following) {
        return new UnreadWal(first, last, isEnd, Optional.of(following), after, until);
    }

    UnreadWal between(Optional<Instant> from, Optional<Instant> to) {
        return new UnreadWal(first, last, isEnd, next, from, to);
    }
}
