// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.util.HexFormat;

/** Checksums as eight digits: lower case, most significant first. */
final class Hex {
    private static final HexFormat DIGITS = HexFormat.of();

    private Hex() {}

    static String of(int crc32c) {
        return DIGITS.toHexDigits(crc32c);
    }

    /** @throws IllegalArgumentException if {@code text} is not eight digits */
    static int crc32c(String text) {
        if (text.length() != 8 || !text.chars().allMatch(c -> (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
            throw new IllegalArgumentException("not a CRC-32C: '" + text + "' (expected 8 digits 0-9a-f)");
        }
        return Integer.parseUnsignedInt(text, 16);
    }
}
