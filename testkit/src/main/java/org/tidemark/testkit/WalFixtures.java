// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.SplittableRandom;
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
     * The first segment of a new timeline: a copy of the parent's up to the switch, then pages of {@code child}. The
     * page in which the switch lies keeps the parent's header.
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
