// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.names;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.CRC32C;
import org.tidemark.postgres.CorruptFileException;

/**
 * The content of a {@code pg_filenode.map}: the file numbers of the catalogs that have none in their row of pg_class,
 * by OID. RelMapFile of src/backend/utils/cache/relmapper.c. Immutable.
 */
record RelationMap(Map<Long, Long> fileNumbers) {
    static final String NAME = "pg_filenode.map";

    // RELMAPPER_FILEMAGIC, and MAX_MAPPINGS before and since PostgreSQL 16.
    private static final int MAGIC = 0x592717;
    private static final int OLD_MAPPINGS = 62;
    private static final int MAPPINGS = 64;
    private static final int FIRST_WITH_MORE = 16;
    private static final int HEADER = 8;
    private static final int ENTRY = 8;

    /** More bytes than a map has. */
    static final int MAX_BYTES = 1024;

    /**
     * Parses a map.
     *
     * @param file the file's name, for messages
     * @throws CorruptFileException if it is too short, its CRC-32C does not match, or a field is invalid
     */
    static RelationMap parse(byte[] bytes, int postgresMajor, String file) throws CorruptFileException {
        int most = postgresMajor < FIRST_WITH_MORE ? OLD_MAPPINGS : MAPPINGS;
        int checksummed = HEADER + most * ENTRY;
        if (bytes.length < checksummed + Integer.BYTES) {
            throw new CorruptFileException(file, "too short for a relation map: " + bytes.length + " bytes");
        }
        ByteBuffer map = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, checksummed);
        if ((int) crc.getValue() != map.getInt(checksummed)) {
            throw new CorruptFileException(file, "the CRC-32C does not match: the file is damaged or half-written");
        }
        int count = map.getInt(4);
        if (map.getInt(0) != MAGIC || count < 0 || count > most) {
            throw new CorruptFileException(file, "not a relation map of PostgreSQL " + postgresMajor);
        }
        Map<Long, Long> numbers = new HashMap<>();
        for (int entry = HEADER; entry < HEADER + count * ENTRY; entry += ENTRY) {
            numbers.put(
                    Integer.toUnsignedLong(map.getInt(entry)),
                    Integer.toUnsignedLong(map.getInt(entry + Integer.BYTES)));
        }
        return new RelationMap(Map.copyOf(numbers));
    }

    /** The file number of a catalog; 0 if it has none here. */
    long fileNumber(long oid) {
        return fileNumbers.getOrDefault(oid, 0L);
    }
}
