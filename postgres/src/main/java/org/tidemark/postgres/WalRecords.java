// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.tidemark.core.Lsn;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalSegmentSize;

/**
 * Reads the records of one segment in order, as far as they are valid: that is how far PostgreSQL replays it. The last
 * record of a partial segment may be cut off, and pages or bytes of an older segment may follow it; by the rules of
 * ValidXLogRecordHeader() and ValidXLogRecord() in src/backend/access/transam/xlogreader.c neither is a valid record.
 * Not thread-safe. For one segment.
 */
public final class WalRecords {
    // XLogRecord of src/include/access/xlogrecord.h: total length, xid, previous, info, resource manager, CRC-32C.
    private static final int HEADER_BYTES = 24;
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
    private static final int FIRST_IS_OVERWRITE = 0x0008;

    private final Lsn start;
    private final Following following;
    private InputStream in;
    private ByteBuffer page = ByteBuffer.allocate(0);
    private int magic;
    private long pageStart;
    /** Whether the last record was abandoned for good, and the next one begins on this page. */
    private boolean overwritten;
    /** Whether the rest of the current record is wanted if it is in the following segment. */
    private boolean wantsRest;
    /** Whether {@link #in} is the segment after the one that was given. */
    private boolean hasFollowing;

    private Optional<RestorePoint> restorePoint = Optional.empty();
    private Optional<Instant> transactionEnd = Optional.empty();

    private WalRecords(InputStream in, Lsn start, Following following) {
        this.in = in;
        this.start = start;
        this.following = following;
    }

    /** Opens the segment after the one that is read. */
    @FunctionalInterface
    public interface Following {
        /** Its content; empty if it is not there. The reader closes it. */
        InputStream open() throws IOException;
    }

    /**
     * The end of the last record that ends in the segment and is valid, or of the part of a record from the segment
     * before that ends in it. Empty if there is neither, as in bytes that are not WAL of this segment.
     */
    public static Optional<Lsn> end(InputStream segment, WalFile.Segment name, WalSegmentSize size) throws IOException {
        return new WalRecords(segment, name.start(size), InputStream::nullInputStream).end();
    }

    /**
     * The restore points whose records begin in the segment, in order.
     *
     * @param following is opened only if a record that may be a restore point ends there
     */
    public static List<RestorePoint> restorePoints(
            InputStream segment, Following following, WalFile.Segment name, WalSegmentSize size) throws IOException {
        WalRecords records = new WalRecords(segment, name.start(size), following);
        try {
            return records.restorePoints(name.end(size));
        } finally {
            if (records.hasFollowing) {
                records.in.close();
            }
        }
    }

    /**
     * When the last transaction ended of those whose records begin and end in the segment, by the server's clock: the
     * newest time of a commit or an abort, which need not be the last in order. Empty if there is none.
     */
    public static Optional<Instant> lastTransactionEnd(InputStream segment, WalFile.Segment name, WalSegmentSize size)
            throws IOException {
        WalRecords records = new WalRecords(segment, name.start(size), InputStream::nullInputStream);
        List<Instant> ends = new ArrayList<>();
        records.each(name.end(size), () -> records.transactionEnd.ifPresent(ends::add));
        return ends.stream().max(Instant::compareTo);
    }

    private List<RestorePoint> restorePoints(Lsn segmentEnd) throws IOException {
        List<RestorePoint> found = new ArrayList<>();
        each(segmentEnd, () -> restorePoint.ifPresent(found::add));
        return found;
    }

    private void each(Lsn segmentEnd, Runnable take) throws IOException {
        if (!firstPage() || afterContinuation().isEmpty()) {
            return;
        }
        Optional<Lsn> previous = Optional.empty();
        while (position().isBefore(segmentEnd)) {
            previous = record(previous);
            take.run();
            if (previous.isPresent()) {
                aligned();
            } else if (!overwritten) {
                return;
            }
        }
    }

    /** Finds the position of the first record; empty if a record from the segment before does not end in this one. */
    private Optional<Lsn> afterContinuation() throws IOException {
        boolean isContinued = (page.getShort(INFO) & FIRST_IS_CONTINUED) != 0;
        return !isContinued || take(page.getInt(CONTINUED), 0, (bytes, offset, length) -> {})
                ? Optional.of(aligned())
                : Optional.empty();
    }

    private Optional<Lsn> end() throws IOException {
        if (!firstPage()) {
            return Optional.empty();
        }
        boolean isContinued = (page.getShort(INFO) & FIRST_IS_CONTINUED) != 0;
        Optional<Lsn> first = afterContinuation();
        if (first.isEmpty()) {
            return Optional.empty();
        }
        Optional<Lsn> end = isContinued ? first : Optional.empty();
        Optional<Lsn> previous = Optional.empty();
        while (true) {
            previous = record(previous);
            if (previous.isPresent()) {
                end = Optional.of(aligned());
            } else if (!overwritten) {
                return end;
            }
        }
    }

    private boolean firstPage() throws IOException {
        byte[] header = in.readNBytes(WalPageHeader.LONG_BYTES);
        if (header.length < WalPageHeader.LONG_BYTES) {
            return false;
        }
        int pageBytes = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN).getInt(36);
        if (Integer.bitCount(pageBytes) != 1 || pageBytes < 1 << 10 || pageBytes > 1 << 16) {
            return false;
        }
        page = ByteBuffer.allocate(pageBytes).order(ByteOrder.LITTLE_ENDIAN);
        page.put(header);
        return in.readNBytes(page.array(), header.length, pageBytes - header.length) == pageBytes - header.length
                && belongs(start.value());
    }

    private boolean belongs(long address) {
        int info = page.getShort(INFO);
        magic = magic == 0 ? page.getShort(0) : magic;
        pageStart = address;
        page.position((info & WalPageHeader.LONG_HEADER) == 0 ? WalPageHeader.SHORT_BYTES : WalPageHeader.LONG_BYTES);
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

    private Lsn position() {
        return new Lsn(pageStart + page.position());
    }

    /** Reads the whole next record, and returns its position if it is valid. */
    private Optional<Lsn> record(Optional<Lsn> previous) throws IOException {
        wantsRest = false;
        if (!page.hasRemaining() && !nextPage()) {
            return Optional.empty();
        }
        overwritten = false;
        restorePoint = Optional.empty();
        transactionEnd = Optional.empty();
        Lsn begin = position();
        // A length is never split: records begin at multiples of 8, and pages end at them.
        int length = page.getInt(page.position());
        if (length < HEADER_BYTES || length > MAX_BYTES) {
            return Optional.empty();
        }
        ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        wantsRest = true;
        if (!take(HEADER_BYTES, length - HEADER_BYTES, header::put)) {
            return Optional.empty();
        }
        int bodyBytes = length - HEADER_BYTES;
        boolean isPoint = RestorePoint.isOne(header.get(RECORD_INFO), header.get(RESOURCE_MANAGER))
                && RestorePoint.fits(bodyBytes);
        boolean isEnd = TransactionEnd.isOne(header.get(RECORD_INFO), header.get(RESOURCE_MANAGER));
        wantsRest = isPoint;
        CRC32C crc = new CRC32C();
        int wanted = isPoint ? bodyBytes : isEnd ? Math.min(bodyBytes, TransactionEnd.MOST_BYTES) : 0;
        ByteBuffer body = ByteBuffer.allocate(wanted).order(ByteOrder.LITTLE_ENDIAN);
        boolean isWhole = take(bodyBytes, 0, (bytes, offset, count) -> {
            crc.update(bytes, offset, count);
            body.put(bytes, offset, Math.min(count, body.remaining()));
        });
        if (!isWhole) {
            return Optional.empty();
        }
        Lsn before = new Lsn(header.getLong(PREVIOUS));
        boolean follows = previous.map(before::equals).orElse(before.isBefore(begin));
        crc.update(header.array(), 0, CRC);
        if (!follows || (int) crc.getValue() != header.getInt(CRC)) {
            return Optional.empty();
        }
        restorePoint = isPoint ? Optional.of(RestorePoint.parse(body, aligned())) : Optional.empty();
        transactionEnd = isEnd ? TransactionEnd.time(body) : Optional.empty();
        return Optional.of(begin);
    }

    /**
     * Takes the next bytes of a record, between which pages may begin; false if they are not there.
     *
     * @param rest the number of bytes of the record after them
     */
    private boolean take(int count, int rest, Bytes to) throws IOException {
        int left = count;
        while (left > 0) {
            int part = Math.min(left, page.remaining());
            to.take(page.array(), page.position(), part);
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

    private Lsn aligned() {
        page.position((page.position() + ALIGNMENT - 1) & -ALIGNMENT);
        return position();
    }

    @FunctionalInterface
    private interface Bytes {
        void take(byte[] bytes, int offset, int length);
    }
}
