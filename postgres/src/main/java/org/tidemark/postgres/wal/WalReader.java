// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.wal;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.tidemark.core.Lsn;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.WalPageHeader;

/**
 * Reads the records of one segment in order, as far as they are valid: that is how far PostgreSQL replays it. The last
 * record of a partial segment may be cut off, and pages or bytes of an older segment may follow it; by the rules of
 * ValidXLogRecordHeader() and ValidXLogRecord() in src/backend/access/transam/xlogreader.c neither is a valid record.
 * Not thread-safe. For one segment.
 */
public final class WalReader {
    // XLogRecord of src/include/access/xlogrecord.h: total length, xid, previous, info, resource manager, CRC-32C.
    private static final int HEADER_BYTES = 24;
    private static final int XID = 4;
    private static final int PREVIOUS = 8;
    private static final int RECORD_INFO = 16;
    private static final int RESOURCE_MANAGER = 17;
    private static final int CRC = 20;
    // XLogRecordMaxSize of src/include/access/xlogrecord.h.
    private static final int MAX_BYTES = 1020 << 20;
    private static final int ALIGNMENT = 8;

    // XLogPageHeaderData of src/include/access/xlog_internal.h.
    private static final int INFO = 2;
    private static final int ADDRESS = 8;
    private static final int CONTINUED = 16;
    private static final int FIRST_IS_CONTINUED = 0x0001;
    private static final int LONG_HEADER = 0x0002;
    private static final int FIRST_IS_OVERWRITE = 0x0008;

    // RM_XLOG_ID of src/include/access/rmgrlist.h, XLOG_SWITCH of src/include/catalog/pg_control.h.
    private static final int XLOG = 0;
    private static final int SWITCH = 0x40;
    private static final int OPERATION = 0xF0;

    private static final ByteBuffer NO_BODY = ByteBuffer.allocate(0);

    private final long start;
    private final Following following;
    private final Visitor visitor;
    private final ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private final CRC32C crc = new CRC32C();
    private InputStream in;
    private ByteBuffer page = ByteBuffer.allocate(0);
    private int magic;
    private long pageStart;
    /** The position of the record before; -1 where it is not known. */
    private long previous = -1;
    /** The position of the last valid record; -1 before there is one. */
    private long last = -1;
    /** Whether the last record was abandoned for good, and the next one begins on this page. */
    private boolean overwritten;
    /** Whether the rest of the current record is wanted if it is in the following segment. */
    private boolean wantsRest;
    /** Whether the last valid record ends the segment. */
    private boolean isSwitched;
    /** Whether the last record that was read is valid. */
    private boolean isValid;
    /** Whether {@link #in} is the segment after the one that was given. */
    private boolean hasFollowing;

    private WalReader(InputStream in, long start, Following following, Visitor visitor) {
        this.in = in;
        this.start = start;
        this.following = following;
        this.visitor = visitor;
    }

    /** Opens the segment after the one that is read. */
    @FunctionalInterface
    public interface Following {
        /** For a reader that wants only records that end in the segment. */
        Following NONE = InputStream::nullInputStream;

        /** Its content; empty if it is not there. The reader closes it. */
        InputStream open() throws IOException;
    }

    /** Is shown the records that it wants. */
    public interface Visitor {
        /**
         * How many bytes of a record's body it wants, from the first on; 0 if the record does not matter.
         *
         * @param resourceManager as src/include/access/rmgrlist.h numbers them
         * @param info with the bits that belong to the resource manager
         * @param bodyBytes how many there are: what follows the record's header
         */
        int wanted(int resourceManager, int info, int bodyBytes);

        /** A valid record that it wants, in order. */
        void visit(WalRecord record);

        /**
         * Whether a record at the end of the segment is read to its own end even if it is not wanted. Then the end that
         * {@link WalReader#read} returns is before the segment's end only if something is missing or not valid, or
         * after a switch of segments.
         */
        default boolean needsWholeSegment() {
            return false;
        }
    }

    /**
     * A valid record.
     *
     * @param xid of the transaction or subtransaction that wrote it, to be read as unsigned; 0 if there is none
     * @param magic of its pages, which tells the version of the server
     * @param start where it begins
     * @param previous where the record before it begins, as it says itself
     * @param end the position past it
     * @param body as much of it as was wanted, in little-endian order
     */
    public record WalRecord(
            int resourceManager, int info, int xid, int magic, Lsn start, Lsn previous, Lsn end, ByteBuffer body) {
        private static final int DATA_SHORT = 0xFF;
        private static final int DATA_LONG = 0xFE;
        private static final int ORIGIN = 0xFD;
        private static final int TOPLEVEL_XID = 0xFC;

        /** The part of {@link #info} that tells the operation. */
        public int operation() {
            return info & OPERATION;
        }

        /**
         * Where in the body the main data of a record begins that refers to no blocks; -1 if it refers to some, or has
         * no main data. By the headers of src/include/access/xlogrecord.h (XLR_BLOCK_ID_DATA_SHORT and the others).
         */
        public int mainData() {
            int at = 0;
            while (at < body.limit()) {
                switch (Byte.toUnsignedInt(body.get(at))) {
                    case DATA_SHORT -> {
                        return at + 2;
                    }
                    case DATA_LONG -> {
                        return at + 5;
                    }
                    case ORIGIN -> at += 3;
                    case TOPLEVEL_XID -> at += 5;
                    default -> {
                        return -1;
                    }
                }
            }
            return -1;
        }
    }

    /**
     * Reads a segment.
     *
     * @param following is opened only if a record that the visitor may want begins in the segment and ends after it
     * @return the end of the last record that ends in what was read and is valid, or of the part of a record from the
     *     segment before that ends there; the end of the segment if its last record was abandoned, as the following one
     *     says; empty if there is none of them, as in bytes that are not WAL of this segment
     */
    public static Optional<Lsn> read(
            InputStream segment, Following following, Segment name, WalSegmentSize size, Visitor visitor)
            throws IOException {
        return extent(segment, following, name, size, visitor).end();
    }

    /**
     * How far a segment was read.
     *
     * @param end as {@link #read} returns it
     * @param isWhole whether nothing of the segment is missing or not valid, for a visitor that needs the whole segment
     */
    public record Extent(Optional<Lsn> end, boolean isWhole) {}

    /** Reads a segment as {@link #read}. */
    public static Extent extent(
            InputStream segment, Following following, Segment name, WalSegmentSize size, Visitor visitor)
            throws IOException {
        WalReader reader = new WalReader(segment, name.start(size).value(), following, visitor);
        try {
            Optional<Lsn> end = reader.read(name.end(size).value());
            if (reader.hasFollowing && !reader.isValid) {
                // Is it the record that is not valid, or are these bytes damaged? A verified stream says so at its end.
                reader.in.transferTo(OutputStream.nullOutputStream());
            }
            return new Extent(
                    end,
                    reader.isSwitched
                            || end.filter(each -> !each.isBefore(name.end(size)))
                                    .isPresent());
        } finally {
            if (reader.hasFollowing) {
                reader.in.close();
            }
        }
    }

    /** Where the last record begins that begins and ends in the segment, and is valid; empty if there is none. */
    static Optional<Lsn> lastRecord(InputStream segment, Segment name, WalSegmentSize size, Visitor visitor)
            throws IOException {
        WalReader reader = new WalReader(segment, name.start(size).value(), Following.NONE, visitor);
        reader.read(name.end(size).value());
        return reader.last < 0 ? Optional.empty() : Optional.of(new Lsn(reader.last));
    }

    private Optional<Lsn> read(long segmentEnd) throws IOException {
        if (!firstPage()) {
            return Optional.empty();
        }
        boolean isContinued = (page.getShort(INFO) & FIRST_IS_CONTINUED) != 0;
        // A record from the segment before that does not end in this one leaves no room for another.
        if (isContinued && !take(page.getInt(CONTINUED), 0, NO_BODY)) {
            return Optional.empty();
        }
        align();
        long end = isContinued ? position() : -1;
        while (position() < segmentEnd) {
            isValid = record();
            if (isValid) {
                end = position();
            } else if (!overwritten) {
                break;
            } else if (position() >= segmentEnd) {
                end = segmentEnd; // nothing of it is missing: the next segment goes on after what was abandoned
            }
        }
        return end < 0 ? Optional.empty() : Optional.of(new Lsn(end));
    }

    private boolean firstPage() throws IOException {
        byte[] first = in.readNBytes(WalPageHeader.LONG_BYTES);
        if (first.length < WalPageHeader.LONG_BYTES) {
            return false;
        }
        int pageBytes = ByteBuffer.wrap(first).order(ByteOrder.LITTLE_ENDIAN).getInt(36);
        if (Integer.bitCount(pageBytes) != 1 || pageBytes < 1 << 10 || pageBytes > 1 << 16) {
            return false;
        }
        page = ByteBuffer.allocate(pageBytes).order(ByteOrder.LITTLE_ENDIAN);
        page.put(first);
        return in.readNBytes(page.array(), first.length, pageBytes - first.length) == pageBytes - first.length
                && belongs(start);
    }

    private boolean belongs(long address) {
        magic = magic == 0 ? page.getShort(0) : magic;
        pageStart = address;
        page.position((page.getShort(INFO) & LONG_HEADER) == 0 ? WalPageHeader.SHORT_BYTES : WalPageHeader.LONG_BYTES);
        return page.getShort(0) == magic && page.getLong(ADDRESS) == address;
    }

    private boolean nextPage() throws IOException {
        int pageBytes = page.capacity();
        int read = in.readNBytes(page.array(), 0, pageBytes);
        if (read == 0 && wantsRest && !hasFollowing) {
            in = following.open();
            hasFollowing = true;
            read = in.readNBytes(page.array(), 0, pageBytes);
        }
        return read == pageBytes && belongs(pageStart + pageBytes);
    }

    private long position() {
        return pageStart + page.position();
    }

    /** Reads the whole next record; false if it is not valid. */
    private boolean record() throws IOException {
        wantsRest = false;
        if (!page.hasRemaining() && !nextPage()) {
            return false;
        }
        overwritten = false;
        long begin = position();
        // A length is never split: records begin at multiples of 8, and pages end at them.
        int length = page.getInt(page.position());
        if (length < HEADER_BYTES || length > MAX_BYTES) {
            return lost();
        }
        int bodyBytes = length - HEADER_BYTES;
        wantsRest = true;
        header.clear();
        if (!take(HEADER_BYTES, bodyBytes, header)) {
            return lost();
        }
        int resourceManager = Byte.toUnsignedInt(header.get(RESOURCE_MANAGER));
        int info = Byte.toUnsignedInt(header.get(RECORD_INFO));
        int wanted = Math.min(visitor.wanted(resourceManager, info, bodyBytes), bodyBytes);
        wantsRest = wanted > 0 || visitor.needsWholeSegment();
        ByteBuffer body = wanted > 0 ? ByteBuffer.allocate(wanted).order(ByteOrder.LITTLE_ENDIAN) : NO_BODY;
        crc.reset();
        if (!take(bodyBytes, 0, body)) {
            return lost();
        }
        crc.update(header.array(), 0, CRC);
        long before = header.getLong(PREVIOUS);
        boolean follows = previous < 0 ? Long.compareUnsigned(before, begin) < 0 : before == previous;
        if (!follows || (int) crc.getValue() != header.getInt(CRC)) {
            return lost();
        }
        align();
        previous = begin;
        last = begin;
        isSwitched = resourceManager == XLOG && (info & OPERATION) == SWITCH;
        if (wanted > 0) {
            visitor.visit(new WalRecord(
                    resourceManager,
                    info,
                    header.getInt(XID),
                    magic & 0xFFFF,
                    new Lsn(begin),
                    new Lsn(before),
                    new Lsn(position()),
                    body.flip()));
        }
        return true;
    }

    /** What follows a record that is not valid has no predecessor that is known. */
    private boolean lost() {
        previous = -1;
        return false;
    }

    /**
     * Takes the next bytes of a record, between which pages may begin; false if they are not there.
     *
     * @param rest the number of bytes of the record after them
     * @param to is filled as far as it has room
     */
    private boolean take(int count, int rest, ByteBuffer to) throws IOException {
        int left = count;
        while (left > 0) {
            int part = Math.min(left, page.remaining());
            crc.update(page.array(), page.position(), part);
            if (to.hasRemaining()) {
                to.put(page.array(), page.position(), Math.min(part, to.remaining()));
            }
            page.position(page.position() + part);
            left -= part;
            if (!page.hasRemaining() && left + rest > 0 && !continuesWith(left + rest)) {
                return false;
            }
        }
        return left == 0;
    }

    private boolean continuesWith(int bytes) throws IOException {
        if (!nextPage()) {
            return false;
        }
        // A server that crashed within a record writes the next one there (since 14).
        overwritten = (page.getShort(INFO) & FIRST_IS_OVERWRITE) != 0;
        return (page.getShort(INFO) & FIRST_IS_CONTINUED) != 0 && page.getInt(CONTINUED) == bytes;
    }

    private void align() {
        page.position((page.position() + ALIGNMENT - 1) & -ALIGNMENT);
    }
}
