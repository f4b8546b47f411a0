// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.restore;

import java.time.ZoneId;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.RecoveryTarget.Bound;
import org.tidemark.core.UserFacingException;
import org.tidemark.session.GivenTime;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** The recovery target: at most one. */
final class TargetOptions {
    @ArgGroup(exclusive = true)
    private @Nullable Target target;

    @Option(names = "--exclusive", description = "stop just before the target instead of just after it")
    private boolean exclusive;

    /** Exactly one of these. */
    static final class Target {
        @Option(
                names = "--target-time",
                paramLabel = "TEXT",
                description = "recover to the last commit up to this time, with its zone: '2026-11-20 06:30:00+01'")
        private @Nullable String time;

        @Option(
                names = "--target-lsn",
                paramLabel = "LSN",
                description = "recover to this WAL position, such as" + " 16/B374D848")
        private @Nullable String lsn;

        @Option(names = "--target-xid", paramLabel = "XID", description = "recover to the commit of this transaction")
        private @Nullable String xid;

        @Option(
                names = "--target-name",
                paramLabel = "NAME",
                description =
                        "recover to the restore point that pg_create_restore_point() made; it is found by reading WAL, and"
                                + " with it the newest backup that leads to it, unless --backup names one")
        private @Nullable String name;

        @Option(
                names = "--before-drop",
                paramLabel = "TABLE|OID",
                description = "recover to before this table was dropped or emptied (TRUNCATE), or its database was"
                        + " dropped; the archived WAL is searched for it as by 'wal-search'. A server that pauses there"
                        + " stops before the first lock, so that the table can be read; one that is promoted, right"
                        + " before the commit")
        private @Nullable String droppedTable;

        @Option(
                names = "--before-xid",
                paramLabel = "XID",
                description = "recover to before this transaction, in the same way; where it drops a database, to the"
                        + " moment before the database is invalid")
        private @Nullable String undoneXid;

        @Option(names = "--target-immediate", description = "recover only until the backup is consistent")
        private boolean immediate;
    }

    boolean isGiven() {
        return target != null || exclusive;
    }

    /**
     * Checks what goes together.
     *
     * @param isDelayed whether a delayed standby is to be stopped
     */
    void check(boolean isDelayed, String timeline) {
        if (isBefore() && (exclusive || isDelayed || timeline.equals("current"))) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "--before-drop and --before-xid take no --exclusive, no --on-delayed and no --timeline current",
                    "They end the recovery before a change on one timeline. To stop a delayed standby there, take the"
                            + " position from: tidemark wal-search");
        }
    }

    /** The table before whose end the recovery is to end; empty if it is to end elsewhere. */
    Optional<String> droppedTable() {
        return Optional.ofNullable(target).flatMap(given -> Optional.ofNullable(given.droppedTable));
    }

    /** The transaction before whose commit the recovery is to end; empty if it is to end elsewhere. */
    OptionalLong undoneXid() {
        return target == null || target.undoneXid == null
                ? OptionalLong.empty()
                : OptionalLong.of(xid(target.undoneXid));
    }

    /** Whether the target is found by what happened. */
    boolean isBefore() {
        return droppedTable().isPresent() || undoneXid().isPresent();
    }

    /** Without a target option: the end of the archived WAL. Not where {@link #isBefore}. */
    RecoveryTarget target() {
        Bound bound = exclusive ? Bound.EXCLUSIVE : Bound.INCLUSIVE;
        if (target != null && target.time != null) {
            return new RecoveryTarget.AtTime(GivenTime.parse(target.time, ZoneId.systemDefault()), bound);
        }
        if (target != null && target.lsn != null) {
            return new RecoveryTarget.AtLsn(lsn(target.lsn), bound);
        }
        if (target != null && target.xid != null) {
            return new RecoveryTarget.AtXid(xid(target.xid), bound);
        }
        if (exclusive) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "--exclusive needs --target-time, --target-lsn or --target-xid",
                    "PostgreSQL knows no exclusive form of the other targets.");
        }
        if (target != null && target.name != null) {
            return restorePoint(target.name);
        }
        return target != null && target.immediate ? new RecoveryTarget.Immediate() : new RecoveryTarget.Latest();
    }

    private static Lsn lsn(String text) {
        try {
            return Lsn.parse(text);
        } catch (IllegalArgumentException e) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    String.valueOf(e.getMessage()),
                    "PostgreSQL prints positions in this form, for example with SELECT pg_current_wal_lsn().",
                    e);
        }
    }

    private static RecoveryTarget restorePoint(String name) {
        try {
            return new RecoveryTarget.AtRestorePoint(name);
        } catch (IllegalArgumentException e) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    String.valueOf(e.getMessage()),
                    "Give --target-name the name that pg_create_restore_point() was called with. Is a shell variable"
                            + " empty?",
                    e);
        }
    }

    private static long xid(String text) {
        try {
            return Long.parseUnsignedLong(text);
        } catch (NumberFormatException e) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "not a transaction id: '" + text + "'",
                    "It is a decimal number, as pg_current_xact_id() or PostgreSQL's log prints it.",
                    e);
        }
    }
}
