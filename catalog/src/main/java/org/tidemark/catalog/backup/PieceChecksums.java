// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.tidemark.core.JsonObject;

/**
 * What a piece of a file is compared with before it is delivered: 96 bits of its plain bytes. Immutable.
 *
 * @param crc32c combines to the CRC-32C of the whole file, which PostgreSQL's own manifest has
 * @param fingerprint by the key of the backup
 */
public record PieceChecksums(int crc32c, long fingerprint) {
    private static final int FINGERPRINT_DIGITS = 16;

    public static PieceChecksums of(FingerprintKey key, byte[] data, int offset, int length) {
        return new PieceChecksums(crc32c(data, offset, length), key.fingerprint(data, offset, length));
    }

    /** The checksums of the same bytes for a backup with another key. */
    PieceChecksums withKey(FingerprintKey key, byte[] data, int offset, int length) {
        return new PieceChecksums(crc32c, key.fingerprint(data, offset, length));
    }

    /**
     * Whether the bytes are those that the checksums were taken of.
     *
     * @param key without it the CRC-32C alone is compared
     */
    public boolean match(Optional<FingerprintKey> key, byte[] data, int offset, int length) {
        return crc32c == crc32c(data, offset, length)
                && (key.isEmpty() || fingerprint == key.get().fingerprint(data, offset, length));
    }

    private static int crc32c(byte[] data, int offset, int length) {
        CRC32C crc = new CRC32C();
        crc.update(data, offset, length);
        return (int) crc.getValue();
    }

    Map<String, Object> members() {
        Map<String, Object> members = new LinkedHashMap<>();
        putInto(members);
        return members;
    }

    void putInto(Map<String, Object> members) {
        members.put("crc32c", JsonLine.hex(crc32c));
        members.put("fingerprint", HexFormat.of().toHexDigits(fingerprint));
    }

    /** @throws IllegalArgumentException if a member is missing or of another form */
    static PieceChecksums from(JsonObject members) {
        return new PieceChecksums(
                members.value("crc32c", JsonLine::crc32c),
                members.value("fingerprint", text -> JsonLine.digits(text, FINGERPRINT_DIGITS)));
    }
}
