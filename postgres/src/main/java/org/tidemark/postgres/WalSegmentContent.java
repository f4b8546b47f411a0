// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;

/**
 * Facts about the pages of a checked segment. Immutable.
 *
 * @param walPageSizeBytes the size of a WAL page, usually 8192
 * @param firstTimeline the timeline on the first page: older than that of the name if a promotion took place in the
 *     segment or at its start
 * @param lastTimeline the timeline on the last page with content
 * @param endOfContent the end of the last page that belongs to the segment and is not all zero: the segment's end, or
 *     less after a switch or in a partial segment
 * @param leftoverPages the number of pages after the content that contain older WAL; more than 0 only in a partial
 *     segment
 */
public record WalSegmentContent(
        int postgresMajor,
        int walPageSizeBytes,
        Timeline firstTimeline,
        Timeline lastTimeline,
        Lsn endOfContent,
        int leftoverPages) {
    /**
     * Whether the last record before the zeros is certainly not a switch. Only a switch leaves zeros after it, so this
     * is then not a complete segment, whatever its name says. A standby with archive_mode = always archives such a file
     * when the timeline that it streams has ended.
     *
     * @param lastPage the page that ends at {@link #endOfContent}; all bytes after it are zero
     * @param first whether {@code lastPage} is the segment's first page
     */
    public boolean isCutOff(byte[] lastPage, boolean first) {
        return new WalTail(lastPage, first ? WalPageHeader.LONG_BYTES : WalPageHeader.SHORT_BYTES).isCutOff();
    }

    /**
     * The last page of a segment with content, if all bytes after it are zero. PostgreSQL leaves zeros only after a
     * switch record (pg_switch_wal). But a standby with archive_mode = always also archives, under its full name, the
     * segment in which the timeline that it streams has ended (WalReceiverMain() in
     * src/backend/replication/walreceiver.c). The last record of that segment is not a switch. Immutable.
     *
     * @param page the bytes of the page, which must not be changed
     * @param headerBytes the length of the page's header
     */
    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    record WalTail(byte[] page, int headerBytes) {
        /**
         * XLogRecord of src/include/access/xlogrecord.h: total length, xid, previous, info, resource manager, CRC-32C.
         */
        private static final int RECORD_HEADER_BYTES = 24;

        private static final int INFO = 16;
        private static final int RESOURCE_MANAGER = 17;
        private static final int CRC = 20;
        private static final int CONTINUED_BYTES = 16;
        private static final int ALIGNMENT = 8;

        // RM_XLOG_ID, and XLOG_SWITCH of src/include/catalog/pg_control.h.
        private static final int RM_XLOG = 0;
        private static final int XLOG_SWITCH = 0x40;

        /**
         * Whether the last record is certainly not a switch: it begins on this page, its checksum is right, and only
         * zeros follow. Returns false if no record begins on the page.
         */
        boolean isCutOff() {
            ByteBuffer bytes = ByteBuffer.wrap(page).order(ByteOrder.LITTLE_ENDIAN);
            int continued = bytes.getInt(CONTINUED_BYTES);
            if (continued < 0 || continued > page.length - headerBytes) {
                return false;
            }
            int last = -1;
            int next = headerBytes + aligned(continued);
            while (next <= page.length - RECORD_HEADER_BYTES && bytes.getInt(next) != 0) {
                int length = bytes.getInt(next);
                if (length < RECORD_HEADER_BYTES || length > page.length - next) {
                    return false;
                }
                last = next;
                next += aligned(length);
            }
            return last >= 0 && isZeroFrom(next) && isWhole(bytes, last) && !isSwitch(last);
        }

        private static int aligned(int length) {
            return (length + ALIGNMENT - 1) & -ALIGNMENT;
        }

        private boolean isZeroFrom(int offset) {
            for (int i = offset; i < page.length; i++) {
                if (page[i] != 0) {
                    return false;
                }
            }
            return true;
        }

        private boolean isWhole(ByteBuffer bytes, int record) {
            CRC32C crc = new CRC32C();
            crc.update(page, record + RECORD_HEADER_BYTES, bytes.getInt(record) - RECORD_HEADER_BYTES);
            crc.update(page, record, CRC);
            return (int) crc.getValue() == bytes.getInt(record + CRC);
        }

        private boolean isSwitch(int record) {
            return page[record + RESOURCE_MANAGER] == RM_XLOG && (page[record + INFO] & 0xF0) == XLOG_SWITCH;
        }
    }
}
