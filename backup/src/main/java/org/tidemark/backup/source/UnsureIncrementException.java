// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.source;

import org.tidemark.core.ExitCode;
import org.tidemark.core.PathBytes;
import org.tidemark.core.UserFacingException;

/** The information about what has changed is not reliable: a full backup, which reads every file, is taken instead. */
public final class UnsureIncrementException extends UserFacingException {
    private static final long serialVersionUID = 1L;

    private final String reason;

    private UnsureIncrementException(String message, String hint, String reason) {
        super(ExitCode.BACKUP_FAILED, message, hint);
        this.reason = reason;
    }

    /**
     * A file differs from the parent's, though its size and time are the same.
     *
     * @param parent the id of the backup
     */
    public static UnsureIncrementException ofTimes(String path, String parent) {
        return new UnsureIncrementException(
                "'" + PathBytes.printable(path) + "' differs from the one in backup " + parent
                        + ", but it has the same size and the same time",
                "Something other than PostgreSQL has changed it: is its disk faulty, or was it copied from elsewhere?",
                "the times of files cannot be believed");
    }

    /** {@link WalSummaries#isRegrownAfter} says so. */
    static UnsureIncrementException ofRegrownRelation() {
        return new UnsureIncrementException(
                "a table or index became shorter and grew again while the backup began, so PostgreSQL may not send all"
                        + " of its pages; a full backup is taken instead",
                "No action is needed: the next backup can be incremental again.",
                "PostgreSQL may not send all pages that have changed");
    }

    /** {@link WalSummaries#isRegrownAfter} has no answer. */
    static UnsureIncrementException ofUnreadSummaries() {
        return new UnsureIncrementException(
                "PostgreSQL's WAL summaries could not be read by SQL when the backup began, so pages might be missing;"
                        + " a full backup is taken instead",
                "The warning before says which query failed.",
                "PostgreSQL may not send all pages that have changed");
    }

    /** Why a full backup is taken instead, a part of a sentence. */
    public String reason() {
        return reason;
    }
}
