// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.age;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Keys as text: Bech32 (BIP 173) of any length. No message holds the text, which may be a secret. */
final class Bech32 {
    private static final byte[] ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l".getBytes(StandardCharsets.US_ASCII);
    private static final int CHECKSUM_LENGTH = 6;
    private static final int[] GENERATOR = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3};

    private Bech32() {}

    /** In small letters. */
    static byte[] encode(String prefix, byte[] data) {
        byte[] values = regroup(data, 8, 5);
        int length = prefix.length();
        byte[] text = new byte[length + 1 + values.length + CHECKSUM_LENGTH];
        System.arraycopy(prefix.getBytes(StandardCharsets.US_ASCII), 0, text, 0, length);
        text[length] = '1';
        int check = checksumOf(prefix, values, CHECKSUM_LENGTH) ^ 1;
        for (int i = 0; i < values.length; i++) {
            text[length + 1 + i] = ALPHABET[values[i]];
        }
        for (int i = 0; i < CHECKSUM_LENGTH; i++) {
            text[length + 1 + values.length + i] = ALPHABET[(check >>> (5 * (CHECKSUM_LENGTH - 1 - i))) & 31];
        }
        Arrays.fill(values, (byte) 0);
        return text;
    }

    /**
     * The data after {@code prefix}, all of the text in small letters.
     *
     * @throws IllegalArgumentException if it begins otherwise, or its checksum does not fit
     */
    static byte[] decode(String prefix, byte[] text) {
        int begin = prefix.length() + 1;
        byte[] expected = (prefix + "1").getBytes(StandardCharsets.US_ASCII);
        if (text.length < begin + CHECKSUM_LENGTH || Arrays.mismatch(text, 0, begin, expected, 0, begin) >= 0) {
            throw new IllegalArgumentException("it does not begin with " + prefix + "1, or is too short");
        }
        byte[] values = new byte[text.length - begin];
        for (int i = 0; i < values.length; i++) {
            values[i] = valueOf(text[begin + i]);
        }
        if (checksumOf(prefix, values, 0) != 1) {
            throw new IllegalArgumentException("its checksum does not match: a character is wrong or missing");
        }
        byte[] data = regroup(Arrays.copyOf(values, values.length - CHECKSUM_LENGTH), 5, 8);
        Arrays.fill(values, (byte) 0);
        return data;
    }

    private static byte valueOf(byte character) {
        for (byte value = 0; value < ALPHABET.length; value++) {
            if (ALPHABET[value] == character) {
                return value;
            }
        }
        throw new IllegalArgumentException("it has a character that keys cannot contain");
    }

    private static int checksumOf(String prefix, byte[] values, int zeros) {
        int check = 1;
        for (int i = 0; i < prefix.length(); i++) {
            check = step(check, prefix.charAt(i) >>> 5);
        }
        check = step(check, 0);
        for (int i = 0; i < prefix.length(); i++) {
            check = step(check, prefix.charAt(i) & 31);
        }
        for (byte value : values) {
            check = step(check, value);
        }
        for (int i = 0; i < zeros; i++) {
            check = step(check, 0);
        }
        return check;
    }

    private static int step(int check, int value) {
        int next = ((check & 0x1FFFFFF) << 5) ^ value;
        for (int i = 0; i < GENERATOR.length; i++) {
            if (((check >>> (25 + i)) & 1) == 1) {
                next ^= GENERATOR[i];
            }
        }
        return next;
    }

    /** From groups of some bits to groups of others; the rest must be padding of less than a group, all zero. */
    private static byte[] regroup(byte[] groups, int from, int to) {
        ByteArrayOutputStream regrouped = new ByteArrayOutputStream(groups.length * from / to + 1);
        int bits = 0;
        int held = 0;
        for (byte group : groups) {
            held = ((held << from) | (group & 0xFF)) & 0xFFFF;
            bits += from;
            while (bits >= to) {
                bits -= to;
                regrouped.write((held >>> bits) & ((1 << to) - 1));
            }
        }
        int rest = held & ((1 << bits) - 1);
        if (to == 5 && bits > 0) {
            regrouped.write(rest << (to - bits));
        } else if (to == 8 && (bits >= from || rest != 0)) {
            throw new IllegalArgumentException("it ends in bits that keys cannot contain");
        }
        return regrouped.toByteArray();
    }
}
