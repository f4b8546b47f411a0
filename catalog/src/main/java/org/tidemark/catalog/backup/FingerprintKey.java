// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.tidemark.core.Sha256;

/**
 * Tells by 64 bits whether two contents of one length are the same. Somebody who does not know the key cannot make two
 * different contents whose fingerprints are the same with a chance above 2^-62, however the contents are chosen: NH
 * twice, then a multilinear hash. It runs at the speed of memory, where SHA-256 would cost more than compression.
 * Immutable.
 *
 * @see <a href="https://fastcrypto.org/umac/umac_proc.pdf">NH, theorem 4.2</a>
 * @see <a href="https://arxiv.org/abs/1202.4961">Multilinear hashing</a>
 */
public final class FingerprintKey {
    /** The length of the key in bytes. */
    public static final int SIZE = 32;

    private static final VarHandle WORD = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    /** One row of words for each block: with the data of a block it fits into the first cache of a processor. */
    private static final int BLOCK_WORDS = 1024;

    private static final int BLOCK_BYTES = BLOCK_WORDS * Long.BYTES;
    private static final int MAX_BLOCKS = Frame.MAX_DATA_BYTES / BLOCK_BYTES;

    /** Where the key of the second NH begins: two words for each block. */
    private static final int SECOND = BLOCK_WORDS;

    /** Where the key of the multilinear hash begins: four numbers of 128 bits. */
    private static final int LAST = SECOND + 2 * MAX_BLOCKS;

    private static final int WORDS = LAST + 8;

    private final String hex;
    /** Made when it is needed: it has 10 KiB, and a listing reads the keys of 10,000 backups. */
    private final AtomicReference<long @Nullable []> words = new AtomicReference<>();

    /**
     * The key that a document has.
     *
     * @param hex 64 lower-case hexadecimal digits
     * @throws IllegalArgumentException if it is anything else
     */
    public FingerprintKey(String hex) {
        this.hex = new Sha256(hex).hex();
    }

    private long[] words() {
        long[] made = words.get();
        if (made == null) {
            made = expand(HexFormat.of().parseHex(hex));
            words.set(made);
        }
        return made;
    }

    /**
     * A new key.
     *
     * @param random nobody must be able to guess what it gives
     */
    public static FingerprintKey random(RandomGenerator random) {
        byte[] bytes = new byte[SIZE];
        random.nextBytes(bytes);
        return new FingerprintKey(HexFormat.of().formatHex(bytes));
    }

    /** Word by word from SHA-256 of the key and a counter of eight bytes, 0 and so on. */
    private static long[] expand(byte[] key) {
        long[] words = new long[WORDS];
        byte[] input = Arrays.copyOf(key, SIZE + Long.BYTES);
        MessageDigest sha256 = Sha256.newDigest();
        for (int i = 0; i < WORDS; i += SIZE / Long.BYTES) {
            WORD.set(input, SIZE, (long) (i / (SIZE / Long.BYTES)));
            byte[] digest = sha256.digest(input);
            for (int j = 0; j < SIZE / Long.BYTES && i + j < WORDS; j++) {
                words[i + j] = (long) WORD.get(digest, j * Long.BYTES);
            }
        }
        return words;
    }

    /**
     * The fingerprint of some bytes.
     *
     * @param length at most {@link Frame#MAX_DATA_BYTES}
     */
    public long fingerprint(byte[] data, int offset, int length) {
        if (length > Frame.MAX_DATA_BYTES) {
            throw new IllegalArgumentException("no part of a frame has " + length + " bytes");
        }
        long[] key = words();
        long high = 0;
        long low = 0;
        int whole = length / BLOCK_BYTES * BLOCK_BYTES;
        long[] sum = new long[2];
        for (int at = 0, block = 0; at < length; at += BLOCK_BYTES, block++) {
            if (at < whole) {
                addWords(key, data, offset + at, BLOCK_WORDS, sum);
            } else {
                addRest(key, data, offset + at, length - at, sum);
            }
            long a = sum[0] + key[SECOND + 2 * block];
            long b = sum[1] + key[SECOND + 2 * block + 1];
            long product = a * b;
            low += product;
            high += Math.unsignedMultiplyHigh(a, b) + (Long.compareUnsigned(low, product) < 0 ? 1 : 0);
        }
        return multilinear(key, high, low, length);
    }

    /** NH of whole words, 128 bits: the higher and the lower half. */
    private static void addWords(long[] key, byte[] data, int offset, int words, long[] sum) {
        long high = 0;
        long low = 0;
        for (int i = 0; i < words; i += 2) {
            long a = (long) WORD.get(data, offset + i * Long.BYTES) + key[i];
            long b = (long) WORD.get(data, offset + (i + 1) * Long.BYTES) + key[i + 1];
            long product = a * b;
            low += product;
            high += Math.unsignedMultiplyHigh(a, b) + (Long.compareUnsigned(low, product) < 0 ? 1 : 0);
        }
        sum[0] = high;
        sum[1] = low;
    }

    /** The last block with zeros after it, up to whole pairs of words. */
    private static void addRest(long[] key, byte[] data, int offset, int length, long[] sum) {
        int pair = 2 * Long.BYTES;
        int padded = (length + pair - 1) / pair * pair;
        if (padded == length) {
            addWords(key, data, offset, padded / Long.BYTES, sum);
        } else {
            byte[] rest = new byte[padded];
            System.arraycopy(data, offset, rest, 0, length);
            addWords(key, rest, 0, padded / Long.BYTES, sum);
        }
    }

    /** The upper half of the first number of the key plus the sum of the words, each times the next number. */
    private static long multilinear(long[] key, long... words) {
        long high = key[LAST];
        long low = key[LAST + 1];
        for (int i = 0; i < words.length; i++) {
            long keyHigh = key[LAST + 2 + 2 * i];
            long keyLow = key[LAST + 3 + 2 * i];
            long product = keyLow * words[i];
            low += product;
            high += Math.unsignedMultiplyHigh(keyLow, words[i])
                    + keyHigh * words[i]
                    + (Long.compareUnsigned(low, product) < 0 ? 1 : 0);
        }
        return high;
    }

    /** 64 lower-case hexadecimal digits. */
    public String hex() {
        return hex;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof FingerprintKey that && hex.equals(that.hex);
    }

    @Override
    public int hashCode() {
        return hex.hashCode();
    }

    @Override
    public String toString() {
        return hex;
    }
}
