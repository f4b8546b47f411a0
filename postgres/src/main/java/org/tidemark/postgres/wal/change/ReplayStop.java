// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.wal.change;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.Lsn;

/**
 * Where a recovery ends, and what it leaves unfinished there. Immutable.
 *
 * @param at the record that is not replayed begins here or later
 * @param kept the last transaction that was committed before, as far as was read
 * @param left the first transaction that ended later, as far as was read
 * @param locks which the replay holds there; not those of relations that nobody can see yet
 * @param knowsLocks whether these are all of them: PostgreSQL writes all locks that are held with each snapshot of the
 *     running transactions, and one was read
 * @param databases whose removal has begun there, and whose removal was not committed
 */
public record ReplayStop(
        Lsn at,
        Optional<Ended> kept,
        Optional<Ended> left,
        List<HeldLocks> locks,
        boolean knowsLocks,
        List<HalfDropped> databases) {
    public ReplayStop {
        locks = List.copyOf(locks);
        databases = List.copyOf(databases);
    }

    /**
     * The end of a transaction.
     *
     * @param xid to be read as unsigned
     * @param at where its record begins
     * @param end the position past its record
     */
    public record Ended(int xid, Lsn at, Lsn end, Instant time, boolean isCommit) {}

    /**
     * Exclusive locks of a transaction that has not ended.
     *
     * @param look the moment before the first of them; not the first one if {@code isBegunBefore}
     * @param isBegunBefore whether the transaction may have begun before what was read
     * @param database OID; 0 if only shared catalogs are locked
     * @param oids of the relations, in the order in which they were locked
     */
    public record HeldLocks(int xid, Moment look, boolean isBegunBefore, long database, List<Long> oids) {
        public HeldLocks {
            oids = List.copyOf(oids);
        }
    }

    /**
     * A database that nobody can connect to.
     *
     * @param oid empty if the transaction did not get so far as to name it
     * @param before the last moment at which the database was whole
     */
    public record HalfDropped(int xid, Optional<Long> oid, Moment before) {}
}
