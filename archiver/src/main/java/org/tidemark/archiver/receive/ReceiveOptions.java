// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.receive;

import java.time.Duration;
import java.util.Optional;
import org.tidemark.core.Lsn;
import org.tidemark.postgres.WalStream.SlotLife;

/**
 * How WAL is received. Immutable.
 *
 * @param slot the replication slot that keeps WAL on the server
 * @param slotLife of a temporary slot, which is created with each connection
 * @param flushAfter when the server is told that WAL is flushed
 * @param synchronous whether a commit may wait for that
 * @param statusInterval between two reports to the server
 * @param end where to stop; empty: never
 * @param pieceInterval the time between two pieces of the segment that is being received; empty: none are stored
 * @param spoolLimitBytes how much of the spool the segments may take that are not archived yet
 */
public record ReceiveOptions(
        Optional<String> slot,
        SlotLife slotLife,
        FlushAfter flushAfter,
        Synchronous synchronous,
        Duration statusInterval,
        Optional<Lsn> end,
        Reconnect reconnect,
        Missing missing,
        Optional<Duration> pieceInterval,
        long spoolLimitBytes) {

    /** When WAL counts as flushed. */
    public enum FlushAfter {
        /** It is on this host's disk, after fsync. */
        SPOOL,
        /** WAL counts as flushed when as many repositories as must hold it do. */
        REPOSITORY
    }

    /** When WAL is flushed, and reported. */
    public enum Synchronous {
        /** At each status interval, and at the end of each segment. */
        NO,
        /** Flushes as soon as nothing more has arrived: commits wait for it. */
        YES
    }

    /** The reaction when the server cannot be reached. */
    public enum Reconnect {
        YES,
        NO
    }

    /** The reaction at the start when the server has removed the WAL that is needed next. */
    public enum Missing {
        STOP,
        /** Receiving goes on where the server's WAL allows it. */
        SKIP
    }

    /**
     * The time between two pieces; empty if none are stored. Where a commit waits until its WAL is in the repositories,
     * a piece follows as soon as WAL arrives.
     */
    Optional<Duration> timeBetweenPieces() {
        return pieceInterval.map(interval ->
                flushAfter == FlushAfter.REPOSITORY && synchronous == Synchronous.YES ? Duration.ZERO : interval);
    }

    /** Whether the server learns what is flushed: otherwise no commit ever waits for this receiver. */
    boolean reportsFlush() {
        return slot.isPresent() || synchronous == Synchronous.YES;
    }
}
