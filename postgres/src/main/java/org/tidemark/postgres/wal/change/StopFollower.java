// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.wal.change;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tidemark.core.Lsn;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.RecoveryTarget.Bound;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.wal.WalReader.Following;
import org.tidemark.postgres.wal.WalReader.WalRecord;
import org.tidemark.postgres.wal.change.Change.Kind;
import org.tidemark.postgres.wal.change.ReplayStop.Ended;
import org.tidemark.postgres.wal.change.ReplayStop.HalfDropped;
import org.tidemark.postgres.wal.change.ReplayStop.HeldLocks;
import org.tidemark.postgres.wal.change.TransactionFollower.SegmentRead;
import org.tidemark.postgres.wal.change.TransactionFollower.Watch;

/**
 * Tells what a recovery leaves unfinished where it ends, from the WAL around that: {@link TransactionFollower} reads
 * the segments before it, and a little after it. PostgreSQL ends a recovery by recoveryStopsBefore() and
 * recoveryStopsAfter() of src/backend/access/transam/xlogrecovery.c. Not thread-safe.
 */
public final class StopFollower {
    private final RecoveryTarget target;
    private final Lsn from;
    private final TransactionFollower follower;
    private final List<HalfDropped> dropped = new ArrayList<>();

    private @Nullable Ended kept;
    private @Nullable Ended left;
    private @Nullable Lsn stop;
    /** After the record that ends here, the recovery ends. */
    private @Nullable Lsn last;

    /** The last shutdown of the server, or the end of its recovery from a crash. */
    private @Nullable Lsn shutdown;

    /**
     * There the replay releases the locks of transactions that are older than all prepared ones, and of no other:
     * StandbyReleaseOldLocks() of src/backend/storage/ipc/standby.c.
     */
    private Optional<Integer> oldestPrepared = Optional.empty();

    private List<HeldLocks> locks = List.of();
    private boolean knowsLocks;

    /**
     * One that has read nothing.
     *
     * @param target a time, a transaction or a position: to no other one the records lead
     * @param from where the replay begins: transactions that ended before are no target
     */
    public StopFollower(RecoveryTarget target, Lsn from) {
        this.target = target;
        this.from = from;
        this.follower = new TransactionFollower(TransactionFollower.DEFAULT_MOST_ENTRIES, this::ended, new Watch() {
            @Override
            public void before(WalRecord record) {
                passed(record);
            }

            @Override
            public void ending(WalRecord record, int xid, TransactionRecord end) {
                end(record, xid, end);
            }
        });
    }

    /** Reads the next segment: see {@link TransactionFollower#read}. */
    public SegmentRead read(InputStream segment, Following following, Segment name, WalSegmentSize size)
            throws IOException {
        SegmentRead read = follower.read(segment, following, name, size);
        // The records after the last one that was looked at change nothing here.
        if (stop == null
                && target instanceof RecoveryTarget.AtLsn at
                && read.end().isAfter(at.lsn())) {
            stopAt(at.lsn());
        }
        return read;
    }

    /** The last commit before the recovery ends, or of all that was read. */
    public Optional<Ended> kept() {
        return Optional.ofNullable(kept);
    }

    /** Empty if the recovery does not end in what was read. */
    public Optional<ReplayStop> stop() {
        if (stop == null && last != null) {
            stopAt(last);
        }
        Lsn at = stop;
        if (at == null) {
            return Optional.empty();
        }
        List<HalfDropped> databases = new ArrayList<>(dropped);
        for (OpenTransaction each : follower.open()) {
            each.droppedDatabases.forEach((oid, before) -> drop(databases, each.xid, Optional.of(oid), before));
            if (each.databaseRow != null && each.droppedDatabases.isEmpty()) {
                drop(databases, each.xid, Optional.empty(), each.databaseRow);
            }
        }
        return Optional.of(
                new ReplayStop(at, Optional.ofNullable(kept), Optional.ofNullable(left), locks, knowsLocks, databases));
    }

    private void passed(WalRecord record) {
        if (stop != null) {
            return;
        }
        if (last != null) {
            stopAt(last);
        } else if (target instanceof RecoveryTarget.AtLsn at && !at.replays(record.start(), record.previous())) {
            stopAt(at.lsn());
        } else if (TransactionFollower.isShutdown(record)) {
            shutdown = record.start();
            oldestPrepared = follower.open().stream()
                    .filter(each -> each.isPrepared)
                    .map(each -> each.xid)
                    .min((a, b) -> Integer.compare(a - b, 0));
        }
    }

    private void end(WalRecord record, int xid, TransactionRecord end) {
        boolean isTarget = stop == null && !record.start().isBefore(from) && isTarget(xid, end);
        if (isTarget && !isAfter()) {
            stopAt(record.start());
        }
        Ended ended = new Ended(xid, record.start(), record.end(), end.time, end.isCommit);
        if (stop != null) {
            left = left == null ? ended : left;
        } else {
            kept = end.isCommit ? ended : kept;
            last = isTarget ? record.end() : null;
        }
    }

    private boolean isTarget(int xid, TransactionRecord end) {
        return switch (target) {
            case RecoveryTarget.AtTime at -> at.isPassedBy(end.time);
            // PostgreSQL compares the low 32 bits.
            case RecoveryTarget.AtXid at -> (int) at.xid() == xid;
            case RecoveryTarget.AtLsn _,
                    RecoveryTarget.AtRestorePoint _,
                    RecoveryTarget.Immediate _,
                    RecoveryTarget.Latest _ -> false;
        };
    }

    /** Whether the record of the target is replayed. */
    private boolean isAfter() {
        return target instanceof RecoveryTarget.AtXid at && at.bound() == Bound.INCLUSIVE;
    }

    private void stopAt(Lsn position) {
        stop = position;
        locks = follower.open().stream()
                .filter(this::isLocking)
                .map(this::held)
                .filter(each -> !each.oids().isEmpty())
                .sorted((a, b) -> a.look().at().compareTo(b.look().at()))
                .toList();
        knowsLocks = follower.hasSnapshot();
    }

    private boolean isLocking(OpenTransaction each) {
        boolean isReleased = shutdown != null
                && each.locked != null
                && !each.locked.at().isAfter(shutdown)
                && !each.isPrepared
                && oldestPrepared.map(oldest -> each.xid - oldest < 0).orElse(true);
        return each.locked != null && !isReleased;
    }

    private HeldLocks held(OpenTransaction each) {
        return new HeldLocks(
                each.xid,
                Objects.requireNonNull(each.look),
                each.isBegunBefore || follower.mayBeOlder(each.xid),
                each.database,
                follower.visibleLocks(each));
    }

    private void ended(EndedTransaction transaction) {
        if (stop != null) {
            transaction.changes().stream()
                    .filter(each -> each.kind() == Kind.DATABASE_DROP)
                    .forEach(each -> drop(
                            dropped, transaction.xid(), each.oids().stream().findFirst(), each.before()));
        }
    }

    /** Where the recovery has replayed the first step of it, the database is lost. */
    private void drop(List<HalfDropped> found, int xid, Optional<Long> oid, Moment before) {
        if (isReplayed(before)) {
            found.add(new HalfDropped(xid, oid, before));
        }
    }

    private boolean isReplayed(Moment record) {
        return target instanceof RecoveryTarget.AtLsn at
                ? at.replays(record.at(), record.previous())
                : record.at().isBefore(Objects.requireNonNull(stop));
    }
}
