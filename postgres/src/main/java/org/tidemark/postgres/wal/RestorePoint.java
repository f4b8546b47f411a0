// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.wal;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.tidemark.core.Lsn;

/**
 * A position in WAL with a name, made by pg_create_restore_point(). Immutable.
 *
 * @param name as the server wrote it; bytes that are not UTF-8 are replaced
 * @param end the position past its record, as pg_create_restore_point() returned it: a recovery to the name ends there
 * @param created by the server's clock
 */
public record RestorePoint(String name, Lsn end, Instant created) {
    // RM_XLOG_ID, and XLOG_RESTORE_POINT of src/include/catalog/pg_control.h.
    private static final int RM_XLOG = 0;
    private static final int XLOG_RESTORE_POINT = 0x70;

    // xl_restore_point of src/include/access/xlog_internal.h: a TimestampTz, and MAXFNAMELEN bytes that end with a
    // zero.
    private static final int NAME = 8;
    private static final int BYTES = NAME + 64;

    /** POSTGRES_EPOCH_JDATE: a TimestampTz counts microseconds from here. */
    public static final Instant EPOCH = Instant.parse("2000-01-01T00:00:00Z");

    static boolean isOne(int info, int resourceManager) {
        return resourceManager == RM_XLOG && (info & 0xF0) == XLOG_RESTORE_POINT;
    }

    /** @param body the record after its header; its main data is at the end */
    static RestorePoint parse(ByteBuffer body, Lsn end) {
        int start = body.limit() - BYTES;
        byte[] name = new byte[BYTES - NAME];
        body.get(start + NAME, name);
        int length = 0;
        while (length < name.length && name[length] != 0) {
            length++;
        }
        return new RestorePoint(
                new String(name, 0, length, StandardCharsets.UTF_8),
                end,
                EPOCH.plus(body.getLong(start), ChronoUnit.MICROS));
    }

    /** Whether a record's body has room for one. */
    static boolean fits(int bodyBytes) {
        // Before the main data there are at most the headers of a record without pages.
        return bodyBytes >= BYTES && bodyBytes <= BYTES + 64;
    }
}
