// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.wal;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import org.tidemark.core.Timeline;

/**
 * A record in which a server notes the time by itself: a checkpoint, or the end of a recovery. Immutable.
 *
 * @param at by the server's clock; that of a checkpoint is its second
 * @param latest the last moment that it can mean
 * @param timeline of the record
 * @param previous another one if the timeline begins here
 */
record ServerTime(Instant at, Instant latest, Timeline timeline, Timeline previous) {
    /** The most bytes of a record's body before the end of what is read. */
    static final int MOST_BYTES = 128;

    // RM_XLOG_ID of src/include/access/rmgrlist.h; XLOG_CHECKPOINT_SHUTDOWN, _CHECKPOINT_ONLINE and _END_OF_RECOVERY
    // of src/include/catalog/pg_control.h.
    private static final int RM_XLOG = 0;
    private static final int CHECKPOINT_SHUTDOWN = 0x00;
    private static final int CHECKPOINT_ONLINE = 0x10;
    private static final int END_OF_RECOVERY = 0x90;

    // CheckPoint of src/include/catalog/pg_control.h: the same offsets in 13 to 18.
    private static final int CHECKPOINT_TIMELINE = 8;
    private static final int CHECKPOINT_TIME = 64;
    // xl_end_of_recovery of src/include/access/xlog_internal.h: a TimestampTz first.
    private static final int END_TIMELINE = 8;

    static boolean isOne(int info, int resourceManager) {
        int operation = info & 0xF0;
        return resourceManager == RM_XLOG
                && (operation == CHECKPOINT_SHUTDOWN || operation == CHECKPOINT_ONLINE || operation == END_OF_RECOVERY);
    }

    /** Empty if it is another record. */
    static Optional<ServerTime> of(WalReader.WalRecord record) {
        int data = record.mainData();
        if (!isOne(record.info(), record.resourceManager()) || data < 0) {
            return Optional.empty();
        }
        ByteBuffer body = record.body();
        boolean isEnd = record.operation() == END_OF_RECOVERY;
        int timelines = data + (isEnd ? END_TIMELINE : CHECKPOINT_TIMELINE);
        int least = isEnd ? timelines + 2 * Integer.BYTES : data + CHECKPOINT_TIME + Long.BYTES;
        if (body.limit() < least) {
            return Optional.empty();
        }
        int timeline = body.getInt(timelines);
        int previous = body.getInt(timelines + Integer.BYTES);
        if (timeline <= 0 || previous <= 0) {
            return Optional.empty();
        }
        Instant at = isEnd
                ? RestorePoint.EPOCH.plus(body.getLong(data), ChronoUnit.MICROS)
                : Instant.ofEpochSecond(body.getLong(data + CHECKPOINT_TIME));
        return Optional.of(new ServerTime(
                at,
                isEnd ? at : at.plusSeconds(1).minus(1, ChronoUnit.MICROS),
                new Timeline(timeline),
                new Timeline(previous)));
    }

    /** Whether its timeline begins here: a server was promoted, or has ended a recovery. */
    boolean begins(Timeline other) {
        return timeline.equals(other) && !previous.equals(other);
    }
}
