// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

/** Transaction ids of 64 bits, of which PostgreSQL's log and recovery_target_xid show the low 32. */
final class TransactionIds {
    private static final long ROUND = 1L << 32;

    private TransactionIds() {}

    /**
     * The full id that somebody means: an id below 2^32 may lack its upper half, and is then the one with these low
     * bits that is nearest to the newest id that is known. All unsigned.
     */
    static long completed(long xid, long newestKnown) {
        if (Long.compareUnsigned(xid, ROUND) >= 0) {
            return xid;
        }
        long sameRound = (newestKnown & -ROUND) | xid;
        long distance = sameRound - newestKnown;
        if (distance > ROUND / 2 && Long.compareUnsigned(sameRound, ROUND) >= 0) {
            return sameRound - ROUND;
        }
        return distance < -ROUND / 2 ? sameRound + ROUND : sameRound;
    }
}
