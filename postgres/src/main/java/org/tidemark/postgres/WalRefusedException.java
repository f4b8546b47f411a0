// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;

/** A file with the name of a WAL segment does not contain that segment. */
public final class WalRefusedException extends UserFacingException {
    private static final long serialVersionUID = 1L;

    /** The problem, with its exit status and a hint. */
    public enum Reason {
        EMPTY(ExitCode.WAL_REFUSED, "The disk of pg_wal is full, or the file was cut off while it was copied."),
        WRONG_SIZE(ExitCode.WAL_REFUSED, "The file was cut off while it was copied, or is still being written."),
        ZEROED(ExitCode.WAL_REFUSED, "PostgreSQL sets such segments aside, and has not written this one yet."),
        NOT_WAL(ExitCode.WAL_REFUSED, "The file is compressed or encrypted, or another program wrote it."),
        RECYCLED(
                ExitCode.WAL_REFUSED,
                "Only a finished segment can be archived; one that PostgreSQL keeps for reuse holds older WAL. To save the"
                        + " last segment of a server that is lost, copy it to a file of the same name with .partial at"
                        + " its end, and push that."),
        MISPLACED(ExitCode.WAL_REFUSED, "The file was renamed, or copied under a wrong name."),
        TORN(
                ExitCode.WAL_REFUSED,
                "Check the disk and the file system of pg_wal; compare the file with a standby's copy."),
        OTHER_TIMELINE(ExitCode.WAL_REFUSED, "The file was renamed, or copied under a wrong name."),
        UNKNOWN_VERSION(ExitCode.WRONG_CLUSTER, "A PostgreSQL newer than 18 needs a newer release of this program."),
        OTHER_VERSION(ExitCode.WRONG_CLUSTER, "An upgraded cluster needs an archive of its own."),
        FOREIGN_SYSTEM(
                ExitCode.WRONG_CLUSTER,
                "Two clusters archive under one name, or the cluster was created again by initdb or pg_upgrade."),
        OTHER_SEGMENT_SIZE(
                ExitCode.WRONG_CLUSTER,
                "The segment size may have been changed by pg_resetwal --wal-segsize: compare with pg_controldata.");

        private final ExitCode exitCode;
        private final String hint;

        Reason(ExitCode exitCode, String hint) {
            this.exitCode = exitCode;
            this.hint = hint;
        }
    }

    private final Reason reason;

    WalRefusedException(Reason reason, WalFile file, String problem) {
        super(reason.exitCode, "'" + file.name() + "' is refused: " + problem, reason.hint);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
