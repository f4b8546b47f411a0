// SPDX-License-Identifier: Apache-2.0
package org.tidemark.recoverability;

import java.time.Duration;
import java.util.Optional;
import org.tidemark.core.TimelinePath;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.postgres.wal.change.LastCommit;
import org.tidemark.recoverability.RecoverableIntervals.Interval;

/**
 * The newest commit that a recovery without a target reaches: what is in the newest WAL, whereas its object may have
 * been stored long after, or again.
 */
public sealed interface NewestCommit {
    /** The most segments that are read: on a quiet server, the newest ones have no commit. */
    int MOST_SEGMENTS = 4;

    /** No further segment is read after so long: commands that show it are to answer soon. */
    Duration LIMIT = Duration.ofSeconds(3);

    /** It is known. */
    record Found(LastCommit last) implements NewestCommit {}

    /** The newest segments have none. */
    record NoneIn(int segments) implements NewestCommit {}

    /** One of the newest segments cannot be read, as without the key. */
    record Unreadable(Segment segment) implements NewestCommit {}

    /** A recovery without a target would be refused, or reading took too long. */
    record NotLookedAt() implements NewestCommit {}

    /** The commit, where it is known. */
    default Optional<LastCommit> commit() {
        return this instanceof Found found ? Optional.of(found.last) : Optional.empty();
    }

    /** Asks the WAL, the newest segment first. */
    static NewestCommit of(CatalogSnapshot catalog, RecoverableIntervals recoverable) {
        Optional<Interval> interval = recoverable.toLatest();
        return interval.isPresent() ? of(catalog, interval.get(), LIMIT) : new NotLookedAt();
    }

    static NewestCommit of(CatalogSnapshot catalog, Interval interval, Duration limit) {
        TimelinePath path = new TimelinePath(
                catalog.history(interval.timeline()).orElseThrow(),
                catalog.wal().segmentSize());
        long last = interval.last().index(path.size());
        long first = Math.max(path.size().segmentNumber(interval.backup().startLsn()), last - MOST_SEGMENTS + 1);
        long begun = System.nanoTime();
        for (long index = last; index >= first; index--) {
            Segment segment = index == last ? interval.last() : path.segment(index);
            Optional<WrittenTimes.Commits> read = catalog.written().commits(segment, interval.end());
            if (read.isEmpty()) {
                return new Unreadable(segment);
            }
            if (read.get().last().isPresent()) {
                return new Found(read.get().last().get());
            }
            if (index > first && System.nanoTime() - begun > limit.toNanos()) {
                return new NotLookedAt();
            }
        }
        return new NoneIn((int) (last - first + 1));
    }
}
