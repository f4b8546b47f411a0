// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import java.util.List;
import org.tidemark.store.StoreOptions;

/**
 * How objects are cut into blocks. Immutable.
 *
 * @param blockBytes an object up to this size is one request; a larger one is blocks of this size
 * @param parallel how many blocks of one object are under way at once, at most
 */
record BlockSizes(long blockBytes, int parallel) {
    static final String SIZE_OPTION = "block-size";
    static final String PARALLEL_OPTION = "parallel-blocks";
    static final List<String> OPTIONS = List.of(SIZE_OPTION, PARALLEL_OPTION);

    /** A limit of the service. */
    static final int MOST_BLOCKS = 50_000;

    private static final long MIB = 1024 * 1024;
    private static final long LEAST_BYTES = 64 * 1024;
    private static final long MOST_BYTES = 256 * MIB;
    private static final long USUAL_BYTES = 8 * MIB;
    private static final int USUAL_PARALLEL = 2;

    static BlockSizes of(StoreOptions options) {
        return new BlockSizes(
                options.size(SIZE_OPTION, LEAST_BYTES, MOST_BYTES, USUAL_BYTES),
                options.number(PARALLEL_OPTION, 1, 64, USUAL_PARALLEL));
    }

    boolean isOneRequest(long sizeBytes) {
        return sizeBytes <= blockBytes;
    }

    /**
     * For one object: blocks that are large enough for the service's limit of their number, all of one size but the
     * last, and so few at once that they need no more memory than the configured ones.
     *
     * @throws IllegalArgumentException if an object is larger than any store could hold
     */
    BlockSizes grownFor(long sizeBytes) {
        if (sizeBytes <= blockBytes * MOST_BLOCKS) {
            return this;
        }
        long least = (sizeBytes - 1) / MOST_BLOCKS + 1;
        long grown = (least + MIB - 1) / MIB * MIB;
        if (grown > Integer.MAX_VALUE - MIB) {
            throw new IllegalArgumentException("not a size of an object: " + sizeBytes);
        }
        return new BlockSizes(grown, (int) Math.max(1, parallel * blockBytes / grown));
    }

    int count(long sizeBytes) {
        return Math.toIntExact((sizeBytes + blockBytes - 1) / blockBytes);
    }

    /** The size of one of them, counted from 0. */
    int bytesOf(int index, long sizeBytes) {
        return Math.toIntExact(Math.min(blockBytes, sizeBytes - index * blockBytes));
    }
}
