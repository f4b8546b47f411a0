// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import org.jspecify.annotations.Nullable;

/**
 * The size of one WAL segment: a power of two from 1 MiB to 1 GiB, which initdb sets. Immutable.
 *
 * @param bytes the size in bytes
 * @see <a href="https://www.postgresql.org/docs/current/app-initdb.html">initdb --wal-segsize</a>
 */
public record WalSegmentSize(int bytes) {
    public static final WalSegmentSize DEFAULT = new WalSegmentSize(16 << 20);

    public WalSegmentSize {
        if (bytes < 1 << 20 || bytes > 1 << 30 || Integer.bitCount(bytes) != 1) {
            throw new IllegalArgumentException(
                    "not a WAL segment size: " + bytes + " bytes (expected a power of two from 1 MiB to 1 GiB)");
        }
    }

    /** The number of segments whose names share the middle eight digits: 256 for 16 MiB. */
    public long segmentsPerLog() {
        return (1L << 32) / bytes;
    }

    /** The number of the segment that holds the byte at {@code position}, counted from 0/0. */
    public long segmentNumber(Lsn position) {
        return Long.divideUnsigned(position.value(), bytes);
    }

    /** The start of segment {@code number}. */
    public Lsn start(long number) {
        return new Lsn(number * bytes);
    }

    /** The offset of {@code position} within its segment, in bytes. */
    public int offset(Lsn position) {
        return (int) (position.value() & (bytes - 1));
    }

    // Written out: linking a record's own costs every WAL command milliseconds.
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof WalSegmentSize that && bytes == that.bytes;
    }

    @Override
    public int hashCode() {
        return bytes;
    }

    @Override
    public String toString() {
        return (bytes >> 20) + " MiB";
    }
}
