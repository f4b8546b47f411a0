// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import static org.tidemark.recoverability.PlanFinding.Topic.TARGET;

import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.RecoveryTarget.Bound;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.UtcTime;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.wal.WalRecords;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.restore.RestorePlan.Chosen;

/**
 * Finds out whether a recovery to a time ends there: PostgreSQL reaches a time only before a transaction that ended
 * later. The times of storing say by when a segment was complete, not whether a transaction ended in it: on a server
 * that is quiet, segments hold nothing but checkpoints. So the WAL is read: from the first segment that was stored at
 * the target or later, to the first with such a transaction.
 */
final class CommitSearch {
    /** The most segments that are read: an hour of a server that closes one each minute, and writes nothing else. */
    private static final int MOST_SEGMENTS = 64;

    private final ArchivedSegments segments;
    private final WalSegmentSize size;

    CommitSearch(ArchivedSegments segments, WalSegmentSize size) {
        this.segments = segments;
        this.size = size;
    }

    /**
     * The plan without its doubts about the target, if a transaction is found that ended later; otherwise with that
     * doubt. If WAL cannot be read, the plan as it is: that is said elsewhere.
     */
    Chosen checked(Chosen plan, RecoveryTarget.AtTime target) {
        if (!plan.problems().isEmpty()) {
            return plan;
        }
        Segment first = plan.wal().runs().getLast().last();
        int read = 0;
        try {
            while (read < MOST_SEGMENTS) {
                Segment segment = Segment.of(first.timeline(), first.index(size) + read, size);
                Optional<Optional<Instant>> ended =
                        segments.read(segment, (in, _) -> WalRecords.lastTransactionEnd(in, segment, size));
                if (ended.isEmpty()) {
                    break;
                }
                read++;
                if (ended.get().filter(time -> isReachedBy(time, target)).isPresent()) {
                    return plan.withoutDoubts(TARGET);
                }
            }
        } catch (IOException | UserFacingException e) {
            return plan;
        }
        return read == 0
                ? plan
                : plan.withoutDoubts(TARGET)
                        .with(List.of(PlanFinding.warning(
                                TARGET,
                                "no transaction that ended after " + UtcTime.exact(target.time()) + " was found in "
                                        + (read == 1 ? "the archived segment" : read + " archived segments")
                                        + " from " + first.name()
                                        + ": PostgreSQL will stop and say that the target was not reached, unless one"
                                        + " is archived later",
                                "Is there newer WAL on the old server? Let a transaction commit there, and archive it"
                                        + " with: tidemark switch-wal. Without a target, all archived WAL is"
                                        + " replayed.")));
    }

    private static boolean isReachedBy(Instant ended, RecoveryTarget.AtTime target) {
        return target.bound() == Bound.INCLUSIVE ? ended.isAfter(target.time()) : !ended.isBefore(target.time());
    }
}
