// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.tidemark.core.Sha256;
import org.tidemark.testkit.Rounds;

class FingerprintKeyTest {
    private static final BigInteger TWO_64 = BigInteger.ONE.shiftLeft(64);
    private static final BigInteger TWO_128 = BigInteger.ONE.shiftLeft(128);

    private final Random random = Rounds.random();

    /** The value of the format: whatever computes it later must give the same. */
    @Test
    void theFingerprintOfTheFormatsExampleIsAsItSays() {
        byte[] data = new byte[20_000];
        for (int i = 0; i < data.length; i++) {
            data[i] = (byte) (i % 251);
        }

        FingerprintKey key = new FingerprintKey("00".repeat(31) + "01");

        assertThat(HexFormat.of().toHexDigits(key.fingerprint(data, 0, data.length)))
                .isEqualTo("f29e504ef426194b");
    }

    @Test
    void itIsWhatTheFormatsArithmeticGives() {
        for (int round = 0; round < Rounds.of(30, 1_000); round++) {
            FingerprintKey key = FingerprintKey.random(random);
            int length = random.nextInt(4) == 0 ? random.nextInt(40_000) : random.nextInt(1, 17_000);
            byte[] data = new byte[length];
            random.nextBytes(data);
            if (random.nextBoolean()) {
                Arrays.fill(data, (byte) 0xFF);
            }
            byte[] within = new byte[length + 30];
            random.nextBytes(within);
            int offset = random.nextInt(30);
            System.arraycopy(data, 0, within, offset, length);

            assertThat(key.fingerprint(within, offset, length))
                    .as("of " + length + " bytes")
                    .isEqualTo(oracle(key, data));
        }
    }

    @Test
    void everyFlippedBitAndEverySwappedPageGivesAnother() {
        FingerprintKey key = FingerprintKey.random(random);
        byte[] data = new byte[Frame.MAX_DATA_BYTES];
        random.nextBytes(data);
        Map<String, Long> seen = new HashMap<>();
        seen.put("unchanged", key.fingerprint(data, 0, data.length));
        for (int round = 0; round < Rounds.of(100, 5_000); round++) {
            byte[] changed = data.clone();
            String change;
            if (random.nextBoolean()) {
                int bit = random.nextInt(data.length * 8);
                changed[bit / 8] ^= (byte) (1 << bit % 8);
                change = "bit " + bit;
            } else {
                int page = random.nextInt(127);
                System.arraycopy(data, 8192 * page, changed, 8192 * (page + 1), 8192);
                System.arraycopy(data, 8192 * (page + 1), changed, 8192 * page, 8192);
                change = "page " + page;
            }
            seen.put(change, key.fingerprint(changed, 0, changed.length));
        }

        assertThat(seen.values()).doesNotHaveDuplicates();
    }

    @Test
    void anotherKeyAndAnotherLengthGiveAnother() {
        byte[] data = new byte[100];
        FingerprintKey key = FingerprintKey.random(random);

        assertThat(key.fingerprint(data, 0, 100))
                .isNotEqualTo(FingerprintKey.random(random).fingerprint(data, 0, 100))
                .isNotEqualTo(key.fingerprint(data, 0, 99));
    }

    @Test
    void whatIsNoKeyIsRefused() {
        for (String text : new String[] {"", "00", "0".repeat(63) + "A", "0".repeat(65)}) {
            assertThatIllegalArgumentException().isThrownBy(() -> new FingerprintKey(text));
        }
    }

    /** The same by whole numbers of any size, step by step as docs/design/repository-format.md describes it. */
    private static long oracle(FingerprintKey key, byte[] data) {
        long[] words = expand(HexFormat.of().parseHex(key.hex()));
        BigInteger second = BigInteger.ZERO;
        for (int at = 0, block = 0; at < data.length; at += 8192, block++) {
            byte[] padded = Arrays.copyOf(
                    Arrays.copyOfRange(data, at, Math.min(data.length, at + 8192)),
                    (Math.min(8192, data.length - at) + 15) / 16 * 16);
            ByteBuffer bytes = ByteBuffer.wrap(padded).order(ByteOrder.LITTLE_ENDIAN);
            BigInteger first = BigInteger.ZERO;
            for (int i = 0; i < padded.length / 8; i += 2) {
                first = first.add(
                        plus(bytes.getLong(8 * i), words[i]).multiply(plus(bytes.getLong(8 * i + 8), words[i + 1])));
            }
            first = first.mod(TWO_128);
            second = second.add(plus(first.shiftRight(64).longValue(), words[1024 + 2 * block])
                    .multiply(plus(first.longValue(), words[1025 + 2 * block])));
        }
        second = second.mod(TWO_128);
        BigInteger sum = wide(words, 1280)
                .add(wide(words, 1282).multiply(unsigned(second.shiftRight(64).longValue())))
                .add(wide(words, 1284).multiply(unsigned(second.longValue())))
                .add(wide(words, 1286).multiply(unsigned(data.length)));
        return sum.mod(TWO_128).shiftRight(64).longValue();
    }

    private static BigInteger plus(long word, long key) {
        return unsigned(word + key);
    }

    private static BigInteger unsigned(long word) {
        return BigInteger.valueOf(word).mod(TWO_64);
    }

    private static BigInteger wide(long[] words, int at) {
        return unsigned(words[at]).shiftLeft(64).add(unsigned(words[at + 1]));
    }

    private static long[] expand(byte[] key) {
        ByteBuffer words = ByteBuffer.allocate(1288 * 8).order(ByteOrder.LITTLE_ENDIAN);
        MessageDigest sha256 = Sha256.newDigest();
        for (long i = 0; words.hasRemaining(); i++) {
            sha256.update(key);
            words.put(sha256.digest(ByteBuffer.allocate(8)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(i)
                    .array()));
        }
        long[] numbers = new long[1288];
        words.flip();
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = words.getLong();
        }
        return numbers;
    }
}
