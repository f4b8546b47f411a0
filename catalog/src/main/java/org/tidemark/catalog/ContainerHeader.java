// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.store.ObjectKey;

/**
 * The first bytes of every object but the JSON documents: what it is, and what must come out of it. Immutable.
 *
 * @param name 1 to {@value #MAX_NAME} printable ASCII characters without a space
 * @param codec the id of the codec of the payload
 * @param encryption of the payload, behind the codec; empty for some kinds always
 * @param content empty for a bundle alone
 */
public record ContainerHeader(
        ContainerKind kind,
        String name,
        SystemIdentifier system,
        String codec,
        Optional<Encryption> encryption,
        Optional<ContentDigests> content) {
    /** A header's length is a multiple of this. */
    public static final int UNIT_BYTES = 512;

    static final int MAX_BYTES = 8 * UNIT_BYTES;
    static final int MAX_NAME = 255;
    static final int PREFIX_BYTES = 8;
    static final int SKIPPABLE_FRAME = 0x184D2A5E;
    static final String TITLE = "TIDEMARK ";
    static final int VERSION = 1;

    /** {@code crc32c}, a space, eight digits, a line feed. */
    private static final int LAST_LINE_BYTES = 16;

    public ContainerHeader {
        requireWord(name, MAX_NAME);
        requireWord(codec, 32);
        if (content.isEmpty() != (kind == ContainerKind.BUNDLE)) {
            throw new IllegalArgumentException("all containers but bundles carry their digests: '" + name + "'");
        }
        if (encryption.isPresent() && kind.isClear()) {
            throw new IllegalArgumentException(
                    "a container of kind " + kind.id() + " is not encrypted: '" + name + "'");
        }
    }

    private static void requireWord(String text, int longest) {
        boolean valid = !text.isEmpty() && text.length() <= longest;
        for (int i = 0; i < text.length(); i++) {
            valid &= text.charAt(i) > ' ' && text.charAt(i) < 0x7F;
        }
        if (!valid) {
            throw new IllegalArgumentException(
                    "cannot stand in a header: '" + text + "' (expected up to " + longest + " printable characters)");
        }
    }

    /**
     * Reads a header and leaves the stream behind its last byte.
     *
     * @throws DamagedObjectException if there is anything but the bytes that {@link #encode} writes
     */
    public static ContainerHeader read(InputStream from, ObjectKey key) throws IOException {
        return HeaderReader.read(from, key);
    }

    /**
     * Refuses the header of another object than the one that was asked for.
     *
     * @throws DamagedObjectException if kind, name or system identifier differ
     */
    public void require(ContainerKind kind, String name, SystemIdentifier system, ObjectKey key)
            throws DamagedObjectException {
        if (this.kind != kind || !this.name.equals(name) || this.system.value() != system.value()) {
            throw new DamagedObjectException(
                    key,
                    "its header names " + this.kind.id() + " '" + this.name + "' of system " + this.system
                            + " in place of " + kind.id() + " '" + name + "' of system " + system);
        }
    }

    /** The header as it is stored. */
    public byte[] encode() {
        StringBuilder lines = new StringBuilder(UNIT_BYTES)
                .append(TITLE)
                .append(VERSION)
                .append("\nkind ")
                .append(kind.id())
                .append("\nname ")
                .append(name)
                .append("\nsystem ")
                .append(system)
                .append("\ncodec ")
                .append(codec)
                .append('\n');
        if (encryption.isPresent()) {
            lines.append("encryption ")
                    .append(Encryption.FORMAT)
                    .append("\nrecipients ")
                    .append(encryption.get())
                    .append('\n');
        }
        if (content.isPresent()) {
            ContentDigests digests = content.get();
            lines.append("plain-size ")
                    .append(digests.plainSize())
                    .append("\nplain-sha256 ")
                    .append(digests.plain().hex())
                    .append("\nstored-size ")
                    .append(digests.storedSize())
                    .append("\nstored-sha256 ")
                    .append(digests.stored().hex())
                    .append('\n');
        }
        int used = PREFIX_BYTES + lines.length() + LAST_LINE_BYTES;
        return frame(lines, (used + UNIT_BYTES - 1) / UNIT_BYTES * UNIT_BYTES);
    }

    /** Puts lines between the mark of a skippable frame and their checksum; {@code size} bytes in all. */
    static byte[] frame(CharSequence lines, int size) {
        byte[] bytes = new byte[size];
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        buffer.putInt(SKIPPABLE_FRAME)
                .putInt(size - PREFIX_BYTES)
                .put(lines.toString().getBytes(StandardCharsets.US_ASCII));
        while (buffer.position() < size - LAST_LINE_BYTES) {
            buffer.put((byte) '\n');
        }
        CRC32C checksum = new CRC32C();
        checksum.update(bytes, 0, buffer.position());
        buffer.put(("crc32c " + hex8(checksum.getValue()) + "\n").getBytes(StandardCharsets.US_ASCII));
        return bytes;
    }

    /** Eight lower-case hexadecimal digits, most significant first. */
    public static String hex8(long value) {
        char[] digits = new char[8];
        for (int i = 0; i < 8; i++) {
            digits[i] = Character.forDigit((int) (value >>> (28 - 4 * i)) & 0xF, 16);
        }
        return new String(digits);
    }
}
