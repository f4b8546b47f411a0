// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Long columns of numbers, which grow by a block at a time and are never copied. What is beyond the first 262,144 rows
 * is outside of Java's heap, whose limit does not grow with the cluster. Filled by one thread, then read.
 */
final class Columns {
    private static final int BLOCK_BITS = 12;
    private static final int BLOCK = 1 << BLOCK_BITS;

    /** So many blocks are on the heap. */
    private static final int ON_HEAP = 64;

    private Columns() {}

    /** A column of {@code int}. */
    static final class Ints {
        private final int[][] blocks = new int[ON_HEAP][];
        private final OffHeap more = new OffHeap(Integer.BYTES);
        private int size;

        void add(int value) {
            int block = size >>> BLOCK_BITS;
            if (block < ON_HEAP) {
                if ((size & BLOCK - 1) == 0) {
                    blocks[block] = new int[BLOCK];
                }
                blocks[block][size & BLOCK - 1] = value;
            } else {
                more.block(block).setAtIndex(ValueLayout.JAVA_INT, size & BLOCK - 1, value);
            }
            size++;
        }

        int get(int row) {
            int block = row >>> BLOCK_BITS;
            return block < ON_HEAP
                    ? blocks[block][row & BLOCK - 1]
                    : more.block(block).getAtIndex(ValueLayout.JAVA_INT, row & BLOCK - 1);
        }

        int size() {
            return size;
        }
    }

    /** A column of {@code long}. */
    static final class Longs {
        private final long[][] blocks = new long[ON_HEAP][];
        private final OffHeap more = new OffHeap(Long.BYTES);
        private int size;

        void add(long value) {
            int block = size >>> BLOCK_BITS;
            if (block < ON_HEAP) {
                if ((size & BLOCK - 1) == 0) {
                    blocks[block] = new long[BLOCK];
                }
                blocks[block][size & BLOCK - 1] = value;
            } else {
                more.block(block).setAtIndex(ValueLayout.JAVA_LONG, size & BLOCK - 1, value);
            }
            size++;
        }

        long get(int row) {
            int block = row >>> BLOCK_BITS;
            return block < ON_HEAP
                    ? blocks[block][row & BLOCK - 1]
                    : more.block(block).getAtIndex(ValueLayout.JAVA_LONG, row & BLOCK - 1);
        }
    }

    /** The blocks that are not on the heap. They go when nothing refers to the column any more. */
    private static final class OffHeap {
        private final long blockBytes;
        private MemorySegment[] blocks = new MemorySegment[0];

        OffHeap(int rowBytes) {
            this.blockBytes = (long) rowBytes * BLOCK;
        }

        /** @param number from {@link #ON_HEAP}; the next one is made */
        MemorySegment block(int number) {
            int index = number - ON_HEAP;
            if (index == blocks.length) {
                blocks = Arrays.copyOf(blocks, index + 1);
                blocks[index] = Arena.ofAuto().allocate(blockBytes, Long.BYTES);
            }
            return blocks[index];
        }
    }

    /** Stretches of bytes, one after the other. */
    static final class Bytes {
        private final Longs ends = new Longs();
        private byte[][] blocks = new byte[4][];
        private long end;

        void add(byte[] bytes) {
            for (byte each : bytes) {
                int block = (int) (end >>> BLOCK_BITS);
                if ((end & BLOCK - 1) == 0) {
                    if (block == blocks.length) {
                        blocks = Arrays.copyOf(blocks, 2 * block);
                    }
                    blocks[block] = new byte[BLOCK];
                }
                blocks[block][(int) (end & BLOCK - 1)] = each;
                end++;
            }
            ends.add(end);
        }

        byte[] get(int row) {
            long from = row == 0 ? 0 : ends.get(row - 1);
            byte[] bytes = new byte[(int) (ends.get(row) - from)];
            for (int i = 0; i < bytes.length; i++) {
                long at = from + i;
                bytes[i] = blocks[(int) (at >>> BLOCK_BITS)][(int) (at & BLOCK - 1)];
            }
            return bytes;
        }
    }
}
