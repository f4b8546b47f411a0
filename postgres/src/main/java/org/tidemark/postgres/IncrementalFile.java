// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.BitSet;
import java.util.Optional;

/**
 * What PostgreSQL 17 and later send instead of a relation file of which few pages have changed: a file
 * {@code INCREMENTAL.name} with a header, then these pages in the order of their numbers (PostgreSQL:
 * src/backend/backup/basebackup_incremental.c and src/bin/pg_combinebackup/reconstruct.c). Immutable.
 *
 * @param pages the numbers in the file of the pages that follow the header
 * @param pageCount of the file: those that are neither sent nor in the earlier backup are zero
 */
public record IncrementalFile(BitSet pages, int pageCount) {
    private static final String PREFIX = "INCREMENTAL.";
    private static final int MAGIC = 0xD3AE1F0D;
    private static final int FIXED_BYTES = 3 * Integer.BYTES;

    /** The relation file that a file with changed pages of it is sent for; empty for any other path. */
    public static Optional<RelationFile> relation(String path) {
        int name = path.lastIndexOf('/') + 1;
        return path.startsWith(PREFIX, name)
                ? RelationFile.of(path.substring(0, name) + path.substring(name + PREFIX.length()))
                : Optional.empty();
    }

    /**
     * Reads up to the first page. The first minor versions of PostgreSQL 17 and 18 announce more pages than one file of
     * a relation can have, where a large relation was truncated.
     *
     * @param path for messages
     * @param sizeBytes of the whole file that is sent
     * @param segmentPages the maximum number of pages in one file of a relation
     * @throws CorruptFileException if it is not such a file
     */
    public static IncrementalFile read(InputStream in, String path, long sizeBytes, int pageSize, int segmentPages)
            throws IOException {
        ByteBuffer fixed = bytes(in, path, FIXED_BYTES);
        if (sizeBytes < FIXED_BYTES || fixed.getInt() != MAGIC) {
            throw new CorruptFileException(path, "it does not begin as a file of changed pages does");
        }
        int count = fixed.getInt();
        int announced = fixed.getInt();
        if (count < 0
                || count > segmentPages
                || sizeBytes != headerBytes(count, pageSize) + (long) count * pageSize
                || announced < 0) {
            throw new CorruptFileException(
                    path, "it has " + sizeBytes + " bytes, which are not " + count + " changed pages");
        }
        ByteBuffer numbers = bytes(in, path, (int) headerBytes(count, pageSize) - FIXED_BYTES);
        BitSet pages = new BitSet();
        for (int i = 0, last = -1; i < count; i++) {
            int page = numbers.getInt();
            if (page <= last || page >= segmentPages) {
                throw new CorruptFileException(path, "page " + page + " follows page " + last);
            }
            pages.set(page);
            last = page;
        }
        return new IncrementalFile(pages, Math.max(pages.length(), Math.min(announced, segmentPages)));
    }

    /** Up to the next page, if any page follows. */
    private static long headerBytes(int count, int pageSize) {
        long used = FIXED_BYTES + (long) count * Integer.BYTES;
        return count == 0 ? used : (used + pageSize - 1) / pageSize * pageSize;
    }

    /** In the order of the machines that PostgreSQL mostly runs on; another one has another magic number. */
    private static ByteBuffer bytes(InputStream in, String path, int count) throws IOException {
        byte[] read = in.readNBytes(count);
        if (read.length < count) {
            throw new CorruptFileException(path, "it ended within its header");
        }
        return ByteBuffer.wrap(read).order(ByteOrder.LITTLE_ENDIAN);
    }
}
