// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.tidemark.core.ExitCode;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.ObjectKey;

/** Reads the header of one container. Only the very bytes that {@link ContainerHeader#encode} writes pass. */
final class HeaderReader {
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
                        "'" + key + "' is of format version '" + version + "', and this program knows version 1",
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
