// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.wal;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.core.Lsn;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.wal.WalFacts;
import org.tidemark.recoverability.RequiredWal;

/**
 * What was seen in the WAL that a recovery replays. WAL that nobody could look at is a state of its own: it makes no
 * recovery impossible, and no plan says that it is harmless. Immutable.
 *
 * @param seen how many segments were looked at now, in the order in which they are replayed
 * @param unseen how many were looked at neither now nor by verify
 * @param took what looking at them now took
 * @param why they were not looked at; empty if there was no time for it
 * @param damaged the segment of which no copy is good, where one was met
 */
public record ReplayedWal(
        WalFacts facts,
        long seen,
        long unseen,
        Duration took,
        Optional<UserFacingException> why,
        Optional<Segment> damaged) {
    /** How long a plan may look: 50 GB of WAL, an ordinary day, take two minutes of one core. */
    public static final Duration LIMIT = Duration.ofSeconds(10);

    /**
     * Looks at the WAL of a plan that verify has not searched, for at most {@code limit}; of a recovery to a time, also
     * at other WAL, since verify does not ask where that ends.
     *
     * @param begin where the replay begins
     * @throws UserFacingException INTERRUPTED
     */
    public static ReplayedWal look(
            RequiredWal wal,
            Lsn begin,
            RecoveryTarget target,
            ArchivedSegments segments,
            SearchedRanges searched,
            WalSegmentSize size,
            Duration limit) {
        long begun = System.nanoTime();
        WalFacts facts = WalFacts.NONE;
        long seen = 0;
        long known = 0;
        Optional<UserFacingException> why = Optional.empty();
        Optional<Segment> damaged = Optional.empty();
        boolean isOfTime = target instanceof RecoveryTarget.AtTime;
        for (Segment segment : (Iterable<Segment>) wal.inOrder(size)::iterator) {
            boolean isLate = System.nanoTime() - begun > limit.toNanos();
            if (facts.end().isPresent() || (isLate && !isOfTime)) {
                break;
            }
            try {
                if ((isLate || !isOfTime) && searched.holds(segment)) {
                    known++;
                    continue;
                }
                if (isLate) {
                    break;
                }
                Optional<WalFacts> of = segments.read(
                        segment,
                        (in, rest) -> WalFacts.read(
                                in,
                                () -> rest.open(wal.after(segment, size)),
                                segment,
                                size,
                                WalFacts.within(segment, size, target, begin)));
                if (of.isEmpty()) {
                    break;
                }
                facts = facts.and(of.get().endingFrom(begin));
                seen++;
            } catch (IOException | UserFacingException e) {
                why = Optional.of(StorageErrors.explainUnlessInterrupted(e));
                damaged = segments.damaged(e);
                break;
            }
        }
        return new ReplayedWal(
                facts,
                seen,
                facts.end().isPresent() ? 0 : wal.segments() - seen - known,
                Duration.ofNanos(System.nanoTime() - begun),
                why,
                damaged);
    }

    /** How long it would take to look at the rest, as fast as until now. */
    Optional<Duration> rest() {
        return seen == 0 ? Optional.empty() : Optional.of(took.dividedBy(seen).multipliedBy(unseen));
    }
}
