// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;

/**
 * The point where a recovery ends: one of PostgreSQL's recovery_target settings. Immutable.
 *
 * @see <a href="https://www.postgresql.org/docs/current/runtime-config-wal.html">Recovery target</a>
 */
public sealed interface RecoveryTarget {
    /** The kind of this target. */
    default Kind kind() {
        return switch (this) {
            case Latest latest -> Kind.LATEST;
            case Immediate immediate -> Kind.IMMEDIATE;
            case AtTime time -> Kind.TIME;
            case AtLsn lsn -> Kind.LSN;
            case AtXid xid -> Kind.XID;
            case AtRestorePoint point -> Kind.NAME;
        };
    }

    /** For people, such as {@code 2026-11-20 06:30:00Z, inclusive}. */
    default String text() {
        return switch (this) {
            case Latest latest -> "the end of the archived WAL";
            case Immediate immediate -> "as soon as the backup is consistent";
            case AtTime at -> UtcTime.exact(at.time()) + at.bound().text();
            case AtLsn at -> at.lsn() + at.bound().text();
            case AtXid at ->
                "transaction " + Long.toUnsignedString(at.xid()) + at.bound().text();
            case AtRestorePoint at -> "restore point '" + at.name() + "'";
        };
    }

    /**
     * What a target names: the word for it in {@code wal-fetch --target}, and the setting of PostgreSQL that has it.
     */
    enum Kind {
        /** No target is set. */
        LATEST("latest", "recovery_target"),
        IMMEDIATE("immediate", "recovery_target"),
        TIME("time", "recovery_target_time"),
        LSN("lsn", "recovery_target_lsn"),
        XID("xid", "recovery_target_xid"),
        NAME("name", "recovery_target_name");

        private final String word;
        private final String setting;

        Kind(String word, String setting) {
            this.word = word;
            this.setting = setting;
        }

        /** The kind with this word; empty if there is none. */
        public static Optional<Kind> of(String word) {
            return Arrays.stream(values())
                    .filter(each -> each.word.equals(word))
                    .findFirst();
        }

        public String word() {
            return word;
        }

        public String setting() {
            return setting;
        }
    }

    /** The end of the archived WAL. */
    record Latest() implements RecoveryTarget {}

    /** The point where the backup is consistent: {@code recovery_target = 'immediate'}. */
    record Immediate() implements RecoveryTarget {}

    /** The last commit up to {@code time}: recovery_target_time. */
    record AtTime(Instant time, Bound bound) implements RecoveryTarget {
        /** Whether the recovery stops before a transaction that ended at this time. */
        public boolean isPassedBy(Instant ended) {
            return bound == Bound.INCLUSIVE ? ended.isAfter(time) : !ended.isBefore(time);
        }
    }

    /** A position in the WAL: recovery_target_lsn. */
    record AtLsn(Lsn lsn, Bound bound) implements RecoveryTarget {
        /**
         * Whether the recovery replays a record. PostgreSQL ends before the first record that begins at the target or
         * later, or after it (recoveryStopsBefore() and recoveryStopsAfter() in
         * src/backend/access/transam/xlogrecovery.c).
         *
         * @param at where the record begins
         * @param previous where the record before it begins; {@code at} if that is not known
         */
        public boolean replays(Lsn at, Lsn previous) {
            return at.isBefore(lsn) || (bound == Bound.INCLUSIVE && (at.equals(lsn) || previous.isBefore(lsn)));
        }
    }

    /**
     * The commit of a transaction: recovery_target_xid.
     *
     * @param xid unsigned, as pg_current_xact_id() prints it, or its low 32 bits as PostgreSQL's log prints it
     */
    record AtXid(long xid, Bound bound) implements RecoveryTarget {}

    /**
     * A point that pg_create_restore_point() created: recovery_target_name. PostgreSQL has no exclusive form of it.
     *
     * @param name 1 to 63 bytes without control characters; PostgreSQL reads an empty name as "no target"
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

    /** Whether recovery replays the target itself: recovery_target_inclusive. */
    enum Bound {
        INCLUSIVE,
        EXCLUSIVE;

        private String text() {
            return this == INCLUSIVE ? ", inclusive" : ", exclusive";
        }
    }

    /** PostgreSQL's action when it reaches the target: recovery_target_action. */
    enum Action {
        PAUSE,
        PROMOTE,
        SHUTDOWN
    }
}
