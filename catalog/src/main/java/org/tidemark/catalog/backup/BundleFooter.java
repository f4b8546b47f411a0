// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;
import org.tidemark.catalog.Sha256;

/**
 * The last bytes of a bundle: where its index lies. Immutable.
 *
 * @param offset of the index in the bundle
 * @param length of the index as it is stored
 * @param sha256 of the index as it is stored
 */
record BundleFooter(long offset, long length, Sha256 sha256) {
    static final int SIZE = 256;

    private static final int SKIPPABLE_FRAME = 0x184D2A5E;
    private static final int CRC_LINE_LENGTH = "crc32c 01234567\n".length();
    private static final Pattern TEXT = Pattern.compile(
            "TIDEMARK-INDEX 1\noffset ([0-9]{1,18})\nlength ([0-9]{1,18})\nsha256 ([0-9a-f]{64})\n+crc32c [0-9a-f]{8}\n");

    byte[] encode() {
        byte[] footer = new byte[SIZE];
        Arrays.fill(footer, (byte) '\n');
        ByteBuffer buffer = ByteBuffer.wrap(footer).order(ByteOrder.LITTLE_ENDIAN);
        buffer.putInt(SKIPPABLE_FRAME).putInt(SIZE - 8);
        buffer.put(("TIDEMARK-INDEX 1\noffset " + offset + "\nlength " + length + "\nsha256 " + sha256.hex() + "\n")
                .getBytes(StandardCharsets.US_ASCII));
        buffer.position(SIZE - CRC_LINE_LENGTH);
        buffer.put(("crc32c " + JsonLine.hex(crc(footer)) + "\n").getBytes(StandardCharsets.US_ASCII));
        return footer;
    }

    /** @throws IllegalArgumentException if a single bit is not as {@link #encode} writes it */
    static BundleFooter parse(byte[] footer) {
        Matcher text = TEXT.matcher(new String(
                footer, Math.min(8, footer.length), Math.max(0, footer.length - 8), StandardCharsets.ISO_8859_1));
        if (footer.length != SIZE || !text.matches()) {
            throw new IllegalArgumentException("the footer is missing or damaged");
        }
        BundleFooter parsed = new BundleFooter(
                Long.parseLong(text.group(1)), Long.parseLong(text.group(2)), new Sha256(text.group(3)));
        if (!Arrays.equals(parsed.encode(), footer)) {
            throw new IllegalArgumentException("the footer is damaged");
        }
        return parsed;
    }

    private static int crc(byte[] footer) {
        CRC32C crc = new CRC32C();
        crc.update(footer, 0, SIZE - CRC_LINE_LENGTH);
        return (int) crc.getValue();
    }
}
