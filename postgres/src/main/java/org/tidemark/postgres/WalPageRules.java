// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.nio.ByteBuffer;
import java.util.OptionalInt;
import org.tidemark.core.Lsn;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.WalPageHeader.WalMagic;
import org.tidemark.postgres.WalRefusedException.Reason;

/**
 * Checks the page headers of one segment, in order, by the rules of XLogReaderValidatePageHeader() of
 * src/backend/access/transam/xlogreader.c. It does not copy the headers: a segment of 1 GiB has 131,072 of them.
 */
final class WalPageRules {
    // configure --with-wal-blocksize: 1 to 64 kB.
    private static final int SMALLEST_PAGE_BYTES = 1 << 10;
    private static final int LARGEST_PAGE_BYTES = 1 << 16;

    private final WalFile file;
    private final WalFile.Segment segment;
    private final SystemIdentifier system;
    private final WalSegmentSize size;
    private final OptionalInt expectedMajor;
    private final long startAddress;
    private int magic;
    private int major;
    private int pageBytes;
    private int firstTimeline;
    private int lastTimeline;

    WalPageRules(
            WalFile file,
            WalFile.Segment segment,
            SystemIdentifier system,
            WalSegmentSize size,
            OptionalInt expectedMajor) {
        this.file = file;
        this.segment = segment;
        this.system = system;
        this.size = size;
        this.expectedMajor = expectedMajor;
        if (!segment.fits(size)) {
            throw refuse(
                    Reason.OTHER_SEGMENT_SIZE, "no segment has this name in a cluster with WAL segments of " + size);
        }
        this.startAddress = segment.start(size).value();
    }

    /** Checks the first page's header and returns the size of a page. */
    int firstHeader(ByteBuffer header) {
        magic = header.getShort(0) & 0xFFFF;
        int info = header.getShort(2) & 0xFFFF;
        // The magics of PostgreSQL since 8.0 are D0xx and D1xx: other bytes are not WAL of a newer version.
        if ((magic & 0xFE00) != 0xD000 || (info & WalPageHeader.LONG_HEADER) == 0) {
            throw refuse(Reason.NOT_WAL, "it does not begin with the header of a WAL segment");
        }
        // No lambda and no equals() of a record: linking one costs a cold JVM more time than the whole check.
        OptionalInt known = WalMagic.postgresMajor(magic);
        if (known.isEmpty()) {
            throw refuse(Reason.UNKNOWN_VERSION, "its pages have the unknown magic " + WalMagic.toHex(magic));
        }
        major = known.getAsInt();
        SystemIdentifier found = new SystemIdentifier(header.getLong(24));
        if (found.value() != system.value()) {
            throw refuse(Reason.FOREIGN_SYSTEM, "it is of system " + found + " (expected " + system + ")");
        }
        if (expectedMajor.isPresent() && expectedMajor.getAsInt() != major) {
            throw refuse(
                    Reason.OTHER_VERSION,
                    "PostgreSQL " + major + " wrote it (expected " + expectedMajor.getAsInt() + ")");
        }
        if (header.getInt(32) != size.bytes()) {
            throw refuse(
                    Reason.OTHER_SEGMENT_SIZE,
                    "its cluster has segments of " + Integer.toUnsignedString(header.getInt(32)) + " bytes (expected "
                            + size.bytes() + ")");
        }
        pageBytes = header.getInt(36);
        if (Integer.bitCount(pageBytes) != 1 || pageBytes < SMALLEST_PAGE_BYTES || pageBytes > LARGEST_PAGE_BYTES) {
            throw refuse(Reason.NOT_WAL, "it claims WAL pages of " + Integer.toUnsignedString(pageBytes) + " bytes");
        }
        if (header.getLong(8) != startAddress) {
            throw wrongAddress(header, 0);
        }
        firstTimeline = header.getInt(4);
        judgeOwnPage(header, 0);
        return pageBytes;
    }

    /** Whether the page belongs to the segment; false only for older pages after the end of a partial segment. */
    boolean belongs(ByteBuffer header, int pageStart) {
        int pageMagic = header.getShort(0) & 0xFFFF;
        if (pageMagic != magic) {
            throw refuse(
                    Reason.TORN,
                    "the page at offset " + pageStart + " has the magic " + WalMagic.toHex(pageMagic)
                            + ", the first one " + WalMagic.toHex(magic));
        }
        if (header.getLong(8) == startAddress + pageStart) {
            judgeOwnPage(header, pageStart);
            return true;
        }
        if (file instanceof WalFile.PartialSegment && isOlder(header, pageStart)) {
            return false;
        }
        throw wrongAddress(header, pageStart);
    }

    /** Checks a page whose header is all zeros; the caller checks the rest of the page. */
    void zeroHeader(int pageStart) {
        if (pageStart == 0) {
            throw refuse(Reason.ZEROED, "its first page is zero");
        }
    }

    WalSegmentContent content(int contentEnd, int leftoverPages) {
        return new WalSegmentContent(
                major,
                pageBytes,
                new Timeline(firstTimeline),
                new Timeline(lastTimeline),
                new Lsn(startAddress + contentEnd),
                leftoverPages);
    }

    WalRefusedException refuse(Reason reason, String problem) {
        return new WalRefusedException(reason, file, problem);
    }

    private void judgeOwnPage(ByteBuffer header, int pageStart) {
        int timeline = header.getInt(4);
        if (timeline < 1 || (header.getShort(2) & ~WalPageHeader.ALL_FLAGS & 0xFFFF) != 0) {
            throw refuse(Reason.TORN, "the page at offset " + pageStart + " has a damaged header");
        }
        if (timeline > segment.timeline().id()) {
            throw refuse(
                    Reason.OTHER_TIMELINE,
                    "the page at offset " + pageStart + " is of timeline " + timeline + ", newer than the name says");
        }
        if (timeline < lastTimeline) {
            throw refuse(
                    Reason.TORN,
                    "the page at offset " + pageStart + " is of timeline " + timeline
                            + ", but the page before it is of " + lastTimeline);
        }
        lastTimeline = timeline;
    }

    private boolean isOlder(ByteBuffer header, int pageStart) {
        return Long.compareUnsigned(header.getLong(8), startAddress + pageStart) < 0;
    }

    private WalRefusedException wrongAddress(ByteBuffer header, int pageStart) {
        Lsn address = new Lsn(header.getLong(8));
        int timeline = header.getInt(4);
        String where = "the page at offset " + pageStart + " has the address " + address;
        String whose = timeline < 1
                ? ""
                : ", which is in "
                        + WalFile.Segment.containing(new Timeline(timeline), address, size)
                                .name();
        return refuse(
                isOlder(header, pageStart) ? Reason.RECYCLED : Reason.MISPLACED,
                where + whose + " (expected " + new Lsn(startAddress + pageStart) + ")");
    }
}
