// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.zip.CRC32C;
import org.tidemark.core.Lsn;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalSegmentSize;

/**
 * Segments as PostgreSQL lays them out: right in every page header, with noise where records would be. Written apart
 * from the code that checks segments, so that one mistake is not made twice.
 */
public final class WalFixtures {
    /** The size of a page in these segments. */
    public static final int PAGE_BYTES = 8192;

    private static final int CONTENT_BYTES = 2048;
    private static final int RECORD_HEADER_BYTES = 24;

    private WalFixtures() {}

    /** A full segment of 8 kB pages. The same arguments make the same bytes; another seed makes other content. */
    public static byte[] segment(
            WalFile.Segment segment, SystemIdentifier system, WalSegmentSize size, int postgresMajor, long seed) {
        ByteBuffer bytes = ByteBuffer.allocate(size.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        SplittableRandom random = new SplittableRandom(seed ^ segment.index(size));
        byte[] noise = new byte[CONTENT_BYTES];
        long start = segment.start(size).value();
        for (int at = 0; at < size.bytes(); at += PAGE_BYTES) {
            bytes.putShort(at, (short) magic(postgresMajor));
            bytes.putShort(at + 2, (short) (at == 0 ? 6 : 4));
            bytes.putInt(at + 4, segment.timeline().id());
            bytes.putLong(at + 8, start + at);
            random.nextBytes(noise);
            bytes.put(at + 64, noise);
        }
        bytes.putLong(24, system.value());
        bytes.putInt(32, size.bytes());
        bytes.putInt(36, PAGE_BYTES);
        return bytes.array();
    }

    /** A full segment as PostgreSQL 18 writes it. */
    public static byte[] segment(WalFile.Segment segment, SystemIdentifier system, WalSegmentSize size, long seed) {
        return segment(segment, system, size, 18, seed);
    }

    /**
     * A copy of {@code segment} with every page from the {@code contentPages}-th on zeroed, as pg_switch_wal() leaves
     * it.
     */
    public static byte[] switchedAfter(int contentPages, byte[] segment) {
        byte[] copy = segment.clone();
        Arrays.fill(copy, contentPages * PAGE_BYTES, copy.length, (byte) 0);
        return copy;
    }

    /**
     * A partial segment whose pages hold real records, with their lengths, checksums and pages between them, and zeros
     * after the last one.
     *
     * @param recordBytes the length of each record, at least 24 bytes, the length of a record's header
     */
    public static byte[] records(
            WalFile.Segment segment, SystemIdentifier system, WalSegmentSize size, int... recordBytes) {
        ByteBuffer bytes = ByteBuffer.allocate(size.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        long start = segment.start(size).value();
        long previous = start - 64;
        for (int length : recordBytes) {
            beginPage(bytes, segment, system, size, 0);
            ByteBuffer record = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
            record.putInt(0, length).putLong(8, previous).put(17, (byte) 10);
            Arrays.fill(record.array(), RECORD_HEADER_BYTES, length, (byte) length);
            CRC32C crc = new CRC32C();
            crc.update(record.array(), RECORD_HEADER_BYTES, length - RECORD_HEADER_BYTES);
            crc.update(record.array(), 0, RECORD_HEADER_BYTES - Integer.BYTES);
            record.putInt(RECORD_HEADER_BYTES - Integer.BYTES, (int) crc.getValue());
            previous = start + bytes.position();
            while (record.hasRemaining()) {
                int part = Math.min(record.remaining(), PAGE_BYTES - bytes.position() % PAGE_BYTES);
                bytes.put(record.array(), record.position(), part);
                record.position(record.position() + part);
                if (record.hasRemaining()) {
                    beginPage(bytes, segment, system, size, record.remaining());
                }
            }
            bytes.position((bytes.position() + 7) & -8);
        }
        return bytes.array();
    }

    private static void beginPage(
            ByteBuffer bytes, WalFile.Segment segment, SystemIdentifier system, WalSegmentSize size, int continued) {
        int at = bytes.position();
        if (at % PAGE_BYTES != 0) {
            return;
        }
        bytes.putShort((short) magic(18)).putShort((short) ((at == 0 ? 2 : 0) | (continued > 0 ? 1 : 0)));
        bytes.putInt(segment.timeline().id()).putLong(segment.start(size).value() + at);
        bytes.putInt(continued).putInt(0);
        if (at == 0) {
            bytes.putLong(system.value()).putInt(size.bytes()).putInt(PAGE_BYTES);
        }
    }

    /**
     * The first segment of a new timeline: a copy of the parent's up to the switch, then pages of {@code child}. The
     * page with the switch keeps the parent's header.
     */
    public static byte[] promoted(byte[] parentSegment, Timeline child, Lsn switchedAt) {
        byte[] copy = parentSegment.clone();
        ByteBuffer bytes = ByteBuffer.wrap(copy).order(ByteOrder.LITTLE_ENDIAN);
        int switchOffset = (int) (switchedAt.value() & (copy.length - 1));
        for (int at = 0; at < copy.length; at += PAGE_BYTES) {
            if (at >= switchOffset) {
                bytes.putInt(at + 4, child.id());
            }
        }
        for (int at = switchOffset; at < copy.length; at++) {
            // Other records than the parent's, where there is no header.
            if (at % PAGE_BYTES >= 64) {
                copy[at] ^= 0x55;
            }
        }
        return copy;
    }

    private static int magic(int postgresMajor) {
        return switch (postgresMajor) {
            case 13 -> 0xD106;
            case 14 -> 0xD10D;
            case 15 -> 0xD110;
            case 16 -> 0xD113;
            case 17 -> 0xD116;
            case 18 -> 0xD118;
            default -> throw new IllegalArgumentException("no WAL magic is known for PostgreSQL " + postgresMajor);
        };
    }
}
