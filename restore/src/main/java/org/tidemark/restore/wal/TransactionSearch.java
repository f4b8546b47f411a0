// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.wal;

import static org.tidemark.recoverability.PlanFinding.Topic.TARGET;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.Lsn;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.wal.change.EndOfTransaction;
import org.tidemark.recoverability.FoundTransaction;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.recoverability.RequiredWal;
import org.tidemark.restore.plan.RestorePlan.Chosen;

/**
 * Finds where the transaction ended that is a target. Only the WAL tells, so it is read, from the backup on to there:
 * PostgreSQL stops at the first transaction with this number that it replays.
 */
public final class TransactionSearch {
    private final ArchivedSegments segments;
    private final WalSegmentSize size;
    private final SearchProgress progress;

    public TransactionSearch(ArchivedSegments segments, WalSegmentSize size, SearchProgress progress) {
        this.segments = segments;
        this.size = size;
        this.progress = progress;
    }

    /** Reads the WAL that is archived of the plan's path, up to the first hole. */
    public FoundTransaction found(Chosen plan, RecoveryTarget.AtXid target) throws IOException {
        RequiredWal wal = plan.recovery().archived();
        Lsn from = plan.backup().startLsn();
        long next = -1;
        long read = 0;
        for (Segment segment : (Iterable<Segment>) wal.inOrder(size)::iterator) {
            if (next >= 0 && segment.index(size) != next) {
                break;
            }
            next = segment.index(size) + 1;
            Optional<EndOfTransaction> end = segments.read(
                            segment,
                            (in, rest) -> EndOfTransaction.find(
                                    (int) target.xid(),
                                    from,
                                    in,
                                    () -> rest.open(wal.after(segment, size)),
                                    segment,
                                    size))
                    .orElseThrow(() -> new IOException("'" + segment.name() + "' is not archived any more"));
            if (end.isPresent()) {
                return new FoundTransaction(plan.timeline(), end, true);
            }
            read++;
            progress.read(read * size.bytes(), wal.segments() * size.bytes());
        }
        return new FoundTransaction(plan.timeline(), Optional.empty(), wal.isWhole() && read == wal.segments());
    }

    /** The plan as it is without a search. */
    public static Chosen unread(RecoveryTarget.AtXid target, Chosen plan, UserFacingException why) {
        return plan.after(List.of(PlanFinding.warning(
                TARGET,
                "the WAL could not be searched for transaction " + Long.toUnsignedString(target.xid()) + ": "
                        + why.getMessage(),
                why.hint())));
    }
}
