// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.wal;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/**
 * The record of a commit or an abort. A recovery to a time ends before the first one that is later, and nowhere else:
 * recoveryStopsBefore() in src/backend/access/transam/xlogrecovery.c.
 */
final class TransactionEnd {
    /** The most bytes of a record's body before the end of its time. */
    static final int MOST_BYTES = 32;

    // RM_XACT_ID of src/include/access/rmgrlist.h.
    private static final int RM_XACT = 1;
    // XLOG_XACT_OPMASK, XLOG_XACT_COMMIT, _ABORT, _COMMIT_PREPARED and _ABORT_PREPARED of src/include/access/xact.h.
    private static final int OPERATION = 0x70;
    private static final int COMMIT = 0x00;
    private static final int ABORT = 0x20;
    private static final int COMMIT_PREPARED = 0x30;
    private static final int ABORT_PREPARED = 0x40;

    private TransactionEnd() {}

    static boolean isOne(int info, int resourceManager) {
        int operation = info & OPERATION;
        return isCommit(info, resourceManager)
                || (resourceManager == RM_XACT && (operation == ABORT || operation == ABORT_PREPARED));
    }

    static boolean isCommit(int info, int resourceManager) {
        int operation = info & OPERATION;
        return resourceManager == RM_XACT && (operation == COMMIT || operation == COMMIT_PREPARED);
    }

    /** Its time, with which its main data begins. */
    static Optional<Instant> time(WalReader.WalRecord record) {
        int data = record.mainData();
        return data < 0 || data + Long.BYTES > record.body().limit()
                ? Optional.empty()
                : Optional.of(RestorePoint.EPOCH.plus(record.body().getLong(data), ChronoUnit.MICROS));
    }
}
