// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.drill;

import java.time.Instant;
import java.util.Optional;
import org.tidemark.core.Lsn;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.UtcTime;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.operations.drill.Judgement.Fault;
import org.tidemark.postgres.WalPageHeader;
import org.tidemark.postgres.wal.change.LastCommit;
import org.tidemark.postgres.wal.change.ReplayStop;

/** Compares where a server stopped with what the WAL said before. Pure. */
final class ReachedMoment {
    static final String NAME = "moment";

    private ReachedMoment() {}

    /** What a server says of a transaction. */
    enum Status {
        COMMITTED,
        /** It has not ended, was rolled back, or has not begun there. */
        NOT_COMMITTED,
        /** It is so old that its status is gone. */
        FORGOTTEN
    }

    /**
     * Where the next record begins after a position up to which a server has replayed: where a record ends with its
     * page, as that of a switch of segments does, the header of the next page follows.
     *
     * @param pageBytes of WAL: the server's wal_block_size
     */
    static Lsn nextRecord(Lsn at, long pageBytes, WalSegmentSize size) {
        if (at.value() % pageBytes != 0) {
            return at;
        }
        return at.plus(at.value() % size.bytes() == 0 ? WalPageHeader.LONG_BYTES : WalPageHeader.SHORT_BYTES);
    }

    /**
     * Of a server that waits at the target. It has replayed the first record that begins at a position that was named,
     * or later, of which the plan knows no end: there, the transactions decide.
     *
     * @param at where the next record begins that it has not replayed
     * @param kept what it says of the last transaction that is to be there
     * @param left what it says of the first one that is not
     */
    static Judgement atTarget(
            RecoveryTarget target, ReplayStop stop, Lsn at, Optional<Status> kept, Optional<Status> left) {
        boolean isThere = target instanceof RecoveryTarget.AtLsn ? !at.isBefore(stop.at()) : at.equals(stop.at());
        if (!isThere) {
            return Judgement.failed(
                    NAME, Fault.WAL, "PostgreSQL has stopped at " + at + ", and the plan says " + stop.at());
        }
        if (kept.filter(Status.NOT_COMMITTED::equals).isPresent()) {
            return Judgement.failed(
                    NAME, Fault.WAL, "transaction " + xid(stop.kept()) + ", the last one before it, is not committed");
        }
        if (left.filter(Status.COMMITTED::equals).isPresent()) {
            return Judgement.failed(
                    NAME, Fault.WAL, "transaction " + xid(stop.left()) + ", the first one after it, is committed");
        }
        return Judgement.passed(
                NAME,
                "replayed exactly to " + at
                        + stop.kept()
                                .map(each -> "; the last commit is that of transaction "
                                        + Integer.toUnsignedString(each.xid()) + " at " + UtcTime.exact(each.time()))
                                .orElse("")
                        + stop.left()
                                .map(each -> "; nothing of transaction " + Integer.toUnsignedString(each.xid())
                                        + ", the next one")
                                .orElse(""));
    }

    private static String xid(Optional<ReplayStop.Ended> ended) {
        return ended.map(each -> Integer.toUnsignedString(each.xid())).orElse("");
    }

    /**
     * Of a server that has replayed everything.
     *
     * @param last where the last archived segment begins; a record of it is replayed
     * @param at the position up to which it has replayed
     * @param newest the newest commit of the archived WAL; empty if it is not known, as where the last segments have
     *     none
     * @param replayed the time of the last commit that was replayed
     * @param status what the server says of the newest
     */
    static Judgement atEnd(
            Lsn last, Lsn at, Optional<LastCommit> newest, Optional<Instant> replayed, Optional<Status> status) {
        if (!at.isAfter(last)) {
            return Judgement.failed(
                    NAME,
                    Fault.WAL,
                    "PostgreSQL has replayed up to " + at + ", and the last archived segment begins at " + last);
        }
        if (newest.isEmpty()) {
            return Judgement.passed(
                    NAME,
                    "all archived WAL was replayed, to " + at + "; which commit is the newest there is not known");
        }
        String commit = "transaction " + Integer.toUnsignedString(newest.get().xid()) + " at "
                + UtcTime.exact(newest.get().time()) + ", the newest that is archived";
        boolean isThere = status.filter(Status.COMMITTED::equals).isPresent()
                || (status.filter(Status.FORGOTTEN::equals).isPresent()
                        && replayed.filter(each -> !each.isBefore(newest.get().time()))
                                .isPresent());
        return isThere
                ? Judgement.passed(NAME, "all archived WAL was replayed, to the commit of " + commit)
                : Judgement.failed(
                        NAME,
                        Fault.WAL,
                        commit + ", is not committed; the last commit that was replayed is of "
                                + replayed.map(UtcTime::exact).orElse("no time"));
    }
}
