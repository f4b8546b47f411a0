// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.format;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Sha256;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.ObjectKey;

/**
 * The first bytes of every object but the JSON documents: its kind and name, and the sizes and digests of its content.
 * Immutable.
 *
 * @param name 1 to {@value #MAX_NAME} printable ASCII characters without a space
 * @param codec the id of the codec of the payload
 * @param encryption of the payload, after it was compressed; always empty for some kinds
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
     * Reads a header and leaves the stream after its last byte.
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

    /** Reads the header of one container. Only the very bytes that {@link ContainerHeader#encode} writes pass. */
    private static final class HeaderReader {
        private final ObjectKey key;
        private final String text;
        private int next = ContainerHeader.PREFIX_BYTES;

        private HeaderReader(ObjectKey key, byte[] header) {
            this.key = key;
            this.text = new String(header, StandardCharsets.ISO_8859_1);
        }

        /** Reads as many bytes as the header has. */
        static ContainerHeader read(InputStream from, ObjectKey key) throws IOException {
            byte[] prefix = from.readNBytes(ContainerHeader.PREFIX_BYTES);
            if (prefix.length < ContainerHeader.PREFIX_BYTES) {
                throw new DamagedObjectException(key, "it ends within its header");
            }
            ByteBuffer numbers = ByteBuffer.wrap(prefix).order(ByteOrder.LITTLE_ENDIAN);
            int mark = numbers.getInt();
            int size = numbers.getInt() + ContainerHeader.PREFIX_BYTES;
            if (mark != ContainerHeader.SKIPPABLE_FRAME
                    || size < ContainerHeader.UNIT_BYTES
                    || size > ContainerHeader.MAX_BYTES
                    || size % ContainerHeader.UNIT_BYTES != 0) {
                throw new DamagedObjectException(key, "it does not begin with a header");
            }
            byte[] header = Arrays.copyOf(prefix, size);
            int rest = size - prefix.length;
            if (from.readNBytes(header, prefix.length, rest) < rest) {
                throw new DamagedObjectException(key, "it ends within its header");
            }
            return parse(header, key);
        }

        private static ContainerHeader parse(byte[] header, ObjectKey key) throws DamagedObjectException {
            HeaderReader reader = new HeaderReader(key, header);
            reader.checkChecksum(header);
            ContainerHeader parsed = reader.parse();
            if (!Arrays.equals(parsed.encode(), header)) {
                throw new DamagedObjectException(key, "its header is not in the form that is written");
            }
            return parsed;
        }

        private void checkChecksum(byte[] header) throws DamagedObjectException {
            int checked = header.length - 16;
            CRC32C checksum = new CRC32C();
            checksum.update(header, 0, checked);
            if (!text.startsWith("crc32c " + ContainerHeader.hex8(checksum.getValue()) + "\n", checked)) {
                throw new DamagedObjectException(key, "the checksum of its header does not match");
            }
        }

        private ContainerHeader parse() throws DamagedObjectException {
            try {
                String version = value(ContainerHeader.TITLE);
                if (!version.equals("1")) {
                    throw new UserFacingException(
                            ExitCode.UNKNOWN_FORMAT,
                            "'" + key + "' is of format version '" + version
                                    + "', but this program reads only version 1",
                            "Was it written by a newer version of tidemark? Use that version.");
                }
                ContainerKind kind = ContainerKind.ofId(value("kind "));
                return new ContainerHeader(
                        kind,
                        value("name "),
                        SystemIdentifier.parse(value("system ")),
                        value("codec "),
                        encryption(),
                        kind == ContainerKind.BUNDLE ? Optional.empty() : Optional.of(digests()));
            } catch (IllegalArgumentException e) {
                throw new DamagedObjectException(key, "its header cannot be read: " + e.getMessage(), e);
            }
        }

        private Optional<Encryption> encryption() throws DamagedObjectException {
            return text.startsWith("encryption ", next)
                    ? Optional.of(Encryption.parse(value("encryption "), value("recipients ")))
                    : Optional.empty();
        }

        private ContentDigests digests() throws DamagedObjectException {
            return new ContentDigests(
                    Long.parseLong(value("plain-size ")),
                    new Sha256(value("plain-sha256 ")),
                    Long.parseLong(value("stored-size ")),
                    new Sha256(value("stored-sha256 ")));
        }

        private String value(String label) throws DamagedObjectException {
            int end = text.indexOf('\n', next);
            if (end < 0 || !text.startsWith(label, next)) {
                throw new DamagedObjectException(key, "its header lacks '" + label.strip() + "'");
            }
            String value = text.substring(next + label.length(), end);
            next = end + 1;
            return value;
        }
    }

    /**
     * What a container's payload is before and after its codec. Immutable.
     *
     * @param plainSize in bytes
     * @param storedSize in bytes, without the header
     */
    public record ContentDigests(long plainSize, Sha256 plain, long storedSize, Sha256 stored) {
        public ContentDigests {
            if (plainSize < 0 || storedSize < 0) {
                throw new IllegalArgumentException("a size cannot be negative: " + plainSize + ", " + storedSize);
            }
        }
    }
}
