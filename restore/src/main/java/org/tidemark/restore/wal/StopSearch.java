// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.wal;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.RecoveryTarget.Action;
import org.tidemark.core.RecoveryTarget.Bound;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.wal.change.ReplayStop;
import org.tidemark.postgres.wal.change.StopFollower;
import org.tidemark.postgres.wal.change.TransactionFollower.SegmentRead;
import org.tidemark.recoverability.RequiredWal;
import org.tidemark.restore.plan.RestorePlan.Chosen;
import org.tidemark.restore.request.Role;

/**
 * Reads the WAL around the end of a recovery: which transactions it keeps and leaves out, and what it leaves
 * unfinished. Only some segments are read, however much is replayed: PostgreSQL writes again and again which locks are
 * held. Where those do not tell all, more of them are read, for a limited time.
 */
public final class StopSearch {
    /** Within these, PostgreSQL usually writes which transactions run, and something commits. */
    private static final int BEFORE = 4;

    /** With each attempt so many times more. */
    private static final int STEP = 4;

    /** In the segment after the end there is what follows the first record of DROP DATABASE. */
    private static final int AFTER = 1;

    private final ArchivedSegments segments;
    private final WalSegmentSize size;

    public StopSearch(ArchivedSegments segments, WalSegmentSize size) {
        this.segments = segments;
        this.size = size;
    }

    /**
     * What was found.
     *
     * @param stop empty if the plan has no target, or it was not found
     * @param why the WAL could not be read
     * @param damaged the segment before the end of which no copy is good, where one was met
     */
    public record Look(Optional<ReplayStop> stop, Optional<UserFacingException> why, Optional<Segment> damaged) {
        static final Look NOTHING = new Look(Optional.empty(), Optional.empty(), Optional.empty());
    }

    /**
     * Looks at the end of a plan's recovery.
     *
     * @param end the record at which the recovery ends, where that is known already
     */
    public Look look(Chosen plan, Optional<Lsn> end, Duration limit) {
        Optional<RecoveryTarget> target = target(plan, end);
        if (target.isEmpty() || plan.wal().runs().isEmpty() || !(plan.request().role() instanceof Role.Recovery role)) {
            return Look.NOTHING;
        }
        long last = target.get() instanceof RecoveryTarget.AtLsn at
                ? size.segmentNumber(at.lsn())
                : plan.wal().runs().getLast().last().index(size);
        long first = plan.wal().runs().getFirst().first().index(size);
        long begun = System.nanoTime();
        Optional<ReplayStop> stop = Optional.empty();
        try {
            for (long before = BEFORE; ; before *= STEP) {
                Look look = read(plan, target.get(), Math.max(first, last - before), last + AFTER);
                stop = look.stop();
                if (stop.isEmpty()
                        || look.why().isPresent()
                        || last - before <= first
                        || tellsAll(stop.get(), role.action())
                        || (System.nanoTime() - begun) * STEP > limit.toNanos()) {
                    return look;
                }
            }
        } catch (IOException | UserFacingException e) {
            return new Look(stop, Optional.of(StorageErrors.explainUnlessInterrupted(e)), Optional.empty());
        }
    }

    /** The target as a position, a time or a transaction. */
    private static Optional<RecoveryTarget> target(Chosen plan, Optional<Lsn> end) {
        return switch (plan.request().target()) {
            case RecoveryTarget.AtTime at ->
                Optional.of(end.map(StopSearch::before).orElse(at));
            case RecoveryTarget.AtLsn at -> Optional.of(at);
            case RecoveryTarget.AtXid at -> Optional.of(at);
            case RecoveryTarget.AtRestorePoint _ -> plan.restorePoint().map(point -> before(point.end()));
            case RecoveryTarget.Immediate _ -> Optional.of(before(plan.backup().stopLsn()));
            case RecoveryTarget.Latest _ -> Optional.empty();
        };
    }

    private static RecoveryTarget before(Lsn position) {
        return new RecoveryTarget.AtLsn(position, Bound.EXCLUSIVE);
    }

    /** Whether more WAL would tell more. */
    private static boolean tellsAll(ReplayStop stop, Action action) {
        return stop.kept().isPresent()
                && (action != Action.PAUSE
                        || (stop.knowsLocks() && stop.locks().stream().noneMatch(ReplayStop.HeldLocks::isBegunBefore)));
    }

    private Look read(Chosen plan, RecoveryTarget target, long from, long to) throws IOException {
        RequiredWal wal = plan.recovery().archived();
        StopFollower follower = new StopFollower(target, plan.backup().startLsn());
        List<Segment> around = wal.inOrder(size)
                .filter(each -> from <= each.index(size) && each.index(size) <= to)
                .toList();
        for (Segment segment : around) {
            Optional<SegmentRead> found;
            try {
                found = segments.readOnce(
                        segment,
                        (in, rest) -> follower.read(in, () -> rest.open(wal.after(segment, size)), segment, size));
            } catch (IOException | UserFacingException e) {
                UserFacingException why = StorageErrors.explainUnlessInterrupted(e);
                Optional<Segment> damaged = segments.damaged(e);
                if (damaged.isPresent() && segments.isLeft(damaged.get())) {
                    return read(plan, target, from, to); // without the copy that was met now
                }
                Optional<ReplayStop> stop = follower.stop();
                boolean isDamage = why.exitCode() == ExitCode.DAMAGED;
                // The recovery does not read what follows the end, which may be damaged.
                Segment unread = damaged.orElse(segment);
                boolean isHarmless = isDamage
                        && stop.filter(end -> unread.index(size) > size.segmentNumber(end.at()))
                                .isPresent();
                return new Look(stop, Optional.of(why).filter(_ -> !isHarmless), damaged.filter(_ -> !isHarmless));
            }
            if (found.isEmpty()) {
                break;
            }
        }
        return new Look(follower.stop(), Optional.empty(), Optional.empty());
    }
}
