// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

/**
 * How an object is cut into parts: all are equal but the last, which is smaller, because some servers refuse anything
 * else. Immutable.
 *
 * @param sizeBytes of the object
 * @param partBytes of each part but the last
 */
record PartPlan(long sizeBytes, long partBytes) {
    private static final int MAX_PARTS = 10_000;
    private static final long MIB = 1L << 20;

    /** With the wanted size of parts; where that needs too many of them, with the next whole MiB that does not. */
    static PartPlan of(long sizeBytes, long wantedPartBytes) {
        long least = ceilDivide(sizeBytes, MAX_PARTS);
        return new PartPlan(sizeBytes, least <= wantedPartBytes ? wantedPartBytes : ceilDivide(least, MIB) * MIB);
    }

    int count() {
        return (int) Math.max(1, ceilDivide(sizeBytes, partBytes));
    }

    /** @param index from 0 */
    long offset(int index) {
        return index * partBytes;
    }

    long length(int index) {
        return Math.min(partBytes, sizeBytes - offset(index));
    }

    private static long ceilDivide(long a, long b) {
        return (a + b - 1) / b;
    }
}
