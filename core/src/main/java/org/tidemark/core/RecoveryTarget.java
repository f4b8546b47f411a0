// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.nio.charset.StandardCharsets;
import java.time.Instant;

/**
 * How far a recovery goes; the settings of the same names in PostgreSQL. Immutable.
 *
 * @see <a href="https://www.postgresql.org/docs/current/runtime-config-wal.html">Recovery target</a>
 */
public sealed interface RecoveryTarget {
    /** The word that stands in {@code wal-fetch --target}; {@code latest} stands for no target at all. */
    default String kind() {
        return switch (this) {
            case Latest latest -> "latest";
            case Immediate immediate -> "immediate";
            case AtTime time -> "time";
            case AtLsn lsn -> "lsn";
            case AtXid xid -> "xid";
            case AtRestorePoint point -> "name";
        };
    }

    /** All the WAL that there is. */
    record Latest() implements RecoveryTarget {}

    /** As soon as the backup is consistent. */
    record Immediate() implements RecoveryTarget {}

    /** The last commit up to {@code time}. */
    record AtTime(Instant time, Bound bound) implements RecoveryTarget {}

    /** A position. */
    record AtLsn(Lsn lsn, Bound bound) implements RecoveryTarget {}

    /**
     * The commit of a transaction.
     *
     * @param xid unsigned, as pg_current_xact_id() prints it, or its low 32 bits as PostgreSQL's log prints it
     */
    record AtXid(long xid, Bound bound) implements RecoveryTarget {}

    /**
     * A point that pg_create_restore_point() made. PostgreSQL knows no exclusive form of it.
     *
     * @param name 1 to 63 bytes without control characters; an empty recovery_target_name would be no target at all
     */
    record AtRestorePoint(String name) implements RecoveryTarget {
        private static final int MAX_BYTES = 63;

        public AtRestorePoint {
            if (name.isEmpty()) {
                throw new IllegalArgumentException("the name of a restore point is empty");
            }
            if (name.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES) {
                throw new IllegalArgumentException("the name of a restore point has more than 63 bytes");
            }
            if (name.chars().anyMatch(Character::isISOControl)) {
                throw new IllegalArgumentException("the name of a restore point has a control character");
            }
        }
    }

    /** Whether what is at the target itself is replayed: recovery_target_inclusive. */
    enum Bound {
        INCLUSIVE,
        EXCLUSIVE
    }

    /** What PostgreSQL does when it is there: recovery_target_action. */
    enum Action {
        PAUSE,
        PROMOTE,
        SHUTDOWN
    }
}
