// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.nio.ByteBuffer;
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

    // XLR_BLOCK_ID_DATA_SHORT, _DATA_LONG, _ORIGIN and _TOPLEVEL_XID of src/include/access/xlogrecord.h, and how many
    // bytes each has.
    private static final int DATA_SHORT = 0xFF;
    private static final int DATA_SHORT_BYTES = 2;
    private static final int DATA_LONG = 0xFE;
    private static final int DATA_LONG_BYTES = 5;
    private static final int ORIGIN = 0xFD;
    private static final int ORIGIN_BYTES = 3;
    private static final int TOPLEVEL_XID = 0xFC;
    private static final int TOPLEVEL_XID_BYTES = 5;

    private TransactionEnd() {}

    static boolean isOne(int info, int resourceManager) {
        int operation = info & OPERATION;
        return resourceManager == RM_XACT
                && (operation == COMMIT
                        || operation == ABORT
                        || operation == COMMIT_PREPARED
                        || operation == ABORT_PREPARED);
    }

    /**
     * @param body how the record goes on after its header; it refers to no blocks, and its data begins with its time
     */
    static Optional<Instant> time(ByteBuffer body) {
        int at = 0;
        int data = -1;
        while (data < 0 && at < body.limit()) {
            switch (Byte.toUnsignedInt(body.get(at))) {
                case DATA_SHORT -> data = at + DATA_SHORT_BYTES;
                case DATA_LONG -> data = at + DATA_LONG_BYTES;
                case ORIGIN -> at += ORIGIN_BYTES;
                case TOPLEVEL_XID -> at += TOPLEVEL_XID_BYTES;
                default -> {
                    return Optional.empty();
                }
            }
        }
        return data < 0 || data + Long.BYTES > body.limit()
                ? Optional.empty()
                : Optional.of(RestorePoint.EPOCH.plus(body.getLong(data), ChronoUnit.MICROS));
    }
}
