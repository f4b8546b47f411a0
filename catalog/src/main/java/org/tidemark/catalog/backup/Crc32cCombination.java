// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

/**
 * The CRC-32C of two stretches of bytes put together, from those of each: polynomials modulo the Castagnoli polynomial,
 * as zlib's crc32_combine does it for its own.
 *
 * @see <a href="https://github.com/madler/zlib/blob/develop/crc32.c">multmodp, x2nmodp</a>
 */
public final class Crc32cCombination {
    /** The Castagnoli polynomial with its bits reversed. */
    private static final int POLYNOMIAL = 0x82F63B78;

    private static final int ONE = 1 << 31;

    /** x to the power of 2 to the power of n. */
    private static final int[] POWERS = powers();

    private Crc32cCombination() {}

    /**
     * The checksum of both.
     *
     * @param secondLength how many bytes {@code second} is the checksum of
     */
    public static int combine(int first, int second, long secondLength) {
        return multiply(powerOfBytes(secondLength), first) ^ second;
    }

    private static int[] powers() {
        int[] powers = new int[64];
        powers[0] = 1 << 30; // x
        for (int n = 1; n < powers.length; n++) {
            powers[n] = multiply(powers[n - 1], powers[n - 1]);
        }
        return powers;
    }

    /** x to the power of eight times {@code bytes}. */
    private static int powerOfBytes(long bytes) {
        int product = ONE;
        int bit = 3; // a byte is two to the power of three bits
        for (long left = bytes; left != 0; left >>>= 1, bit++) {
            if ((left & 1) != 0) {
                product = multiply(POWERS[bit], product);
            }
        }
        return product;
    }

    private static int multiply(int a, int b) {
        int product = 0;
        int factor = b;
        for (int mask = ONE; mask != 0; mask >>>= 1) {
            if ((a & mask) != 0) {
                product ^= factor;
            }
            factor = (factor & 1) != 0 ? factor >>> 1 ^ POLYNOMIAL : factor >>> 1;
        }
        return product;
    }
}
