// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.OptionalInt;
import org.tidemark.core.Lsn;
import org.tidemark.core.SystemIdentifier;

/**
 * The long header of a segment's first page: {@code XLogLongPageHeaderData} of src/include/access/xlog_internal.h. It
 * identifies the cluster of a segment without the control file. The parser checks only the flag of the long form.
 * Immutable.
 *
 * @param timeline the unchecked field: it may be 0 or negative if the bytes are not WAL
 * @param continuedBytes the number of remaining bytes of a record that began on an earlier page
 */
public record WalPageHeader(
        int magic,
        int info,
        int timeline,
        Lsn address,
        int continuedBytes,
        SystemIdentifier system,
        int walSegmentSizeBytes,
        int walPageSizeBytes) {
    /** The length of the header of a segment's first page. */
    public static final int LONG_BYTES = 40;

    /** The length of the header of every other page. */
    public static final int SHORT_BYTES = 24;

    // XLP_LONG_HEADER, and XLP_ALL_FLAGS of PostgreSQL 14 to 18.
    static final int LONG_HEADER = 0x0002;
    static final int ALL_FLAGS = 0x000F;

    /**
     * Parses the first bytes of a segment.
     *
     * @param file the file's name, for messages
     * @throws CorruptFileException if there are fewer than {@link #LONG_BYTES} bytes, or no long header
     */
    public static WalPageHeader parse(byte[] bytes, String file) throws CorruptFileException {
        if (bytes.length < LONG_BYTES) {
            throw new CorruptFileException(file, "too short for a WAL segment: " + bytes.length + " bytes");
        }
        ByteBuffer header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if ((header.getShort(2) & LONG_HEADER) == 0) {
            throw new CorruptFileException(file, "does not begin with the header of a WAL segment");
        }
        return new WalPageHeader(
                header.getShort(0) & 0xFFFF,
                header.getShort(2) & 0xFFFF,
                header.getInt(4),
                new Lsn(header.getLong(8)),
                header.getInt(16),
                new SystemIdentifier(header.getLong(24)),
                header.getInt(32),
                header.getInt(36));
    }

    /** The major version of the server that wrote the page; empty if the magic is unknown. */
    public OptionalInt postgresMajor() {
        return WalMagic.postgresMajor(magic);
    }

    /**
     * The number at the start of every WAL page, {@code XLOG_PAGE_MAGIC}. It changes with each major version. The
     * values were read from real servers.
     */
    public static final class WalMagic {
        private WalMagic() {}

        /** The major version whose pages begin with {@code magic}; empty if the magic is unknown. */
        public static OptionalInt postgresMajor(int magic) {
            return switch (magic) {
                case 0xD106 -> OptionalInt.of(13);
                case 0xD10D -> OptionalInt.of(14);
                case 0xD110 -> OptionalInt.of(15);
                case 0xD113 -> OptionalInt.of(16);
                case 0xD116 -> OptionalInt.of(17);
                case 0xD118 -> OptionalInt.of(18);
                default -> OptionalInt.empty();
            };
        }

        static String toHex(int magic) {
            return "%04X".formatted(magic);
        }
    }
}
