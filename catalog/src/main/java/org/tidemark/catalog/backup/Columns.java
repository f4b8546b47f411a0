// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.util.Arrays;

/** Long columns of numbers, which grow by a block at a time and are never copied. Filled by one thread, then read. */
final class Columns {
    private static final int BLOCK_BITS = 12;
    private static final int BLOCK = 1 << BLOCK_BITS;

    private Columns() {}

    /** A column of {@code int}. */
    static final class Ints {
        private int[][] blocks = new int[4][];
        private int size;

        void add(int value) {
            int block = size >>> BLOCK_BITS;
            if ((size & BLOCK - 1) == 0) {
                if (block == blocks.length) {
                    blocks = Arrays.copyOf(blocks, 2 * block);
                }
                blocks[block] = new int[BLOCK];
            }
            blocks[block][size & BLOCK - 1] = value;
            size++;
        }

        int get(int row) {
            return blocks[row >>> BLOCK_BITS][row & BLOCK - 1];
        }

        int size() {
            return size;
        }
    }

    /** A column of {@code long}. */
    static final class Longs {
        private long[][] blocks = new long[4][];
        private int size;

        void add(long value) {
            int block = size >>> BLOCK_BITS;
            if ((size & BLOCK - 1) == 0) {
                if (block == blocks.length) {
                    blocks = Arrays.copyOf(blocks, 2 * block);
                }
                blocks[block] = new long[BLOCK];
            }
            blocks[block][size & BLOCK - 1] = value;
            size++;
        }

        long get(int row) {
            return blocks[row >>> BLOCK_BITS][row & BLOCK - 1];
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
