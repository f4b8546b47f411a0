// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The checksum of a data page: pg_checksum_page() of src/include/storage/checksum_impl.h, FNV-1a with 32 lanes. Not
 * thread-safe, because it has a buffer for a page.
 */
public final class PageChecksum {
    private static final int LANES = 32;
    private static final int PRIME = 16777619;
    // checksumBaseOffsets[] of checksum_impl.h.
    private static final int[] BASE_OFFSETS = {
        0x5B1F36E9, 0xB8525960, 0x02AB50AA, 0x1DE66D2A, 0x79FF467A, 0x9BB9F8A3, 0x217E7CD2, 0x83E13D2C,
        0xF8D4474F, 0xE39EB970, 0x42C6AE16, 0x993216FA, 0x7B093B5D, 0x98DAFF3C, 0xF718902A, 0x0B1C9CDB,
        0xE58F764B, 0x187636BC, 0x5D7B3BB1, 0xE73DE7DE, 0x92BEC979, 0xCCA6C0B2, 0x304A0979, 0x85AA43D4,
        0x783125BB, 0x6CA8EAA2, 0xE407EAC6, 0x4B5CFC3E, 0x9FBF8C76, 0x15CA20BE, 0xF2CA9FD3, 0x959BD756
    };
    // pd_checksum is the lower half of the third word. The computation treats it as 0.
    private static final int CHECKSUM_WORD = 2;
    private static final int OTHER_HALF = 0xFFFF_0000;

    private final int[] words;
    private final int[] sums = new int[LANES];

    /** Creates a computation for pages of the control file's page size. */
    public PageChecksum(int pageSizeBytes) {
        this.words = new int[pageSizeBytes / Integer.BYTES];
    }

    /**
     * Computes the correct value of the page's field pd_checksum, 1 to 65535.
     *
     * @param block the page's number in the whole relation fork, over all of its files
     */
    public int compute(byte[] bytes, int offset, long block) {
        ByteBuffer.wrap(bytes, offset, words.length * Integer.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .asIntBuffer()
                .get(words);
        words[CHECKSUM_WORD] &= OTHER_HALF;
        System.arraycopy(BASE_OFFSETS, 0, sums, 0, LANES);
        for (int row = 0; row < words.length; row += LANES) {
            mix(sums, words, row);
        }
        int folded = 0;
        for (int sum : sums) {
            folded ^= round(round(sum));
        }
        return Integer.remainderUnsigned(folded ^ (int) block, 65535) + 1;
    }

    // The compiler vectorizes this loop, because it is separate and runs over arrays with a fixed length.
    private static void mix(int[] sums, int[] words, int row) {
        for (int lane = 0; lane < LANES; lane++) {
            int mixed = sums[lane] ^ words[row + lane];
            sums[lane] = mixed * PRIME ^ (mixed >>> 17);
        }
    }

    private static int round(int sum) {
        return sum * PRIME ^ (sum >>> 17);
    }
}
