// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.wal.change;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.tidemark.postgres.wal.RestorePoint;

/**
 * The main data of a commit or an abort, by ParseCommitRecord() and ParseAbortRecord() of
 * src/backend/access/rmgrdesc/xactdesc.c. Nothing is read beyond its end. Not thread-safe.
 */
final class TransactionRecord {
    // XLOG_XACT_* and XACT_XINFO_* of src/include/access/xact.h.
    private static final int OPERATION = 0x70;
    static final int COMMIT = 0x00;
    static final int PREPARE = 0x10;
    static final int ABORT = 0x20;
    static final int COMMIT_PREPARED = 0x30;
    static final int ABORT_PREPARED = 0x40;
    static final int ASSIGNMENT = 0x50;
    private static final int HAS_INFO = 0x80;
    private static final int HAS_DATABASE = 1 << 0;
    private static final int HAS_SUBTRANSACTIONS = 1 << 1;
    private static final int HAS_FILES = 1 << 2;
    private static final int HAS_INVALIDATIONS = 1 << 3;
    private static final int HAS_TWO_PHASE = 1 << 4;
    private static final int HAS_STATISTICS = 1 << 8;

    // PgStat_Kind of src/include/pgstat.h.
    private static final int STATISTICS_OF_RELATION = 2;
    private static final int LOCATOR_BYTES = 12;

    final Instant time;
    final boolean isCommit;
    final boolean isTwoPhase;
    final List<Integer> subtransactions;
    /** The files that are removed: by a commit the old ones, by an abort those that the transaction made. */
    final Set<RelFileLocator> files;

    /** The OIDs of the relations whose statistics are dropped; always empty before 15. */
    final Set<Long> droppedStatistics;

    final Invalidations invalidations;
    /** 0 if the record does not tell. */
    long database;
    /** Of the transaction that was prepared; 0 if none was. */
    int preparedXid;

    boolean isCutOff;
    private final ByteBuffer body;
    private int at;

    /** @param at where the main data begins, which has at least its time */
    TransactionRecord(ByteBuffer body, int at, int info, int postgresMajor) {
        this.body = body;
        this.at = at + Long.BYTES;
        int operation = operation(info);
        time = RestorePoint.EPOCH.plus(body.getLong(at), ChronoUnit.MICROS);
        invalidations = new Invalidations(postgresMajor);
        isCommit = isCommit(info);
        isTwoPhase = operation == COMMIT_PREPARED || operation == ABORT_PREPARED;
        int has = (info & HAS_INFO) == 0 ? 0 : next();
        if ((has & HAS_DATABASE) != 0) {
            database = Integer.toUnsignedLong(next());
            next();
        }
        int count = count(has & HAS_SUBTRANSACTIONS, Integer.BYTES);
        // Most transactions have none of these lists.
        subtransactions = count == 0 ? List.of() : new ArrayList<>();
        for (int i = 0; i < count; i++) {
            subtransactions.add(next());
        }
        count = count(has & HAS_FILES, LOCATOR_BYTES);
        files = count == 0 ? Set.of() : new LinkedHashSet<>();
        for (int i = 0; i < count; i++) {
            files.add(new RelFileLocator(next(), next(), next()));
        }
        // Since 18 the last part is a number of 64 bits.
        int words = postgresMajor < 18 ? 3 : 4;
        count = count(has & HAS_STATISTICS, words * Integer.BYTES);
        droppedStatistics = count == 0 ? Set.of() : new LinkedHashSet<>();
        for (int i = 0; i < count; i++) {
            int kind = next();
            next();
            int oid = next();
            if (words == 4) {
                next();
            }
            if (kind == STATISTICS_OF_RELATION) {
                droppedStatistics.add(Integer.toUnsignedLong(oid));
            }
        }
        count = isCommit ? count(has & HAS_INVALIDATIONS, Invalidations.MESSAGE_BYTES) : 0;
        for (int i = 0; i < count; i++) {
            int id = (byte) next();
            next();
            invalidations.add(id, next());
            next();
        }
        preparedXid = (has & HAS_TWO_PHASE) == 0 ? 0 : next();
    }

    static int operation(int info) {
        return info & OPERATION;
    }

    static boolean isCommit(int info) {
        return operation(info) == COMMIT || operation(info) == COMMIT_PREPARED;
    }

    static boolean isEnd(int info) {
        int operation = operation(info);
        return operation == COMMIT || operation == ABORT || operation == COMMIT_PREPARED || operation == ABORT_PREPARED;
    }

    private int count(int flag, int bytes) {
        int count = flag == 0 ? 0 : next();
        int room = (body.limit() - at) / bytes;
        if (count < 0 || count > room) {
            isCutOff = true;
            // What follows a list that is cut off cannot be told from it.
            at = body.limit();
            return 0;
        }
        return count;
    }

    private int next() {
        if (at + Integer.BYTES > body.limit()) {
            isCutOff = true;
            return 0;
        }
        at += Integer.BYTES;
        return body.getInt(at - Integer.BYTES);
    }
}
