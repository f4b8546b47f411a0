// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.wal.change;

import java.nio.ByteBuffer;

/**
 * The headers of a record's body, by DecodeXLogRecord() of src/backend/access/transam/xlogreader.c: its block
 * references and where its data is. The body may be cut off; nothing is read beyond its end. Block references are known
 * by their id, since minor releases have added some. Not thread-safe; one is used for all records, because most WAL is
 * rows.
 */
final class RecordBody {
    /** The most bytes of the headers of a record of the heap: at most four blocks, each with an image. */
    static final int HEAP_HEADER_BYTES = 128;

    // src/include/access/xlogrecord.h: XLR_MAX_BLOCK_ID, XLR_BLOCK_ID_DATA_SHORT and the others, BKPBLOCK_*.
    private static final int MAX_BLOCK_ID = 32;
    private static final int DATA_SHORT = 0xFF;
    private static final int DATA_LONG = 0xFE;
    private static final int ORIGIN = 0xFD;
    private static final int TOPLEVEL_XID = 0xFC;
    private static final int FORK_MASK = 0x0F;
    private static final int HAS_IMAGE = 0x10;
    private static final int SAME_RELATION = 0x80;
    // BKPIMAGE_*: since 15 there is one flag for each method of compression.
    private static final int HAS_HOLE = 0x01;
    private static final int COMPRESSED_TO_14 = 0x02;
    private static final int COMPRESSED_SINCE_15 = 0x1C;

    private static final int LOCATOR_BYTES = 12;

    private final int[] ids = new int[MAX_BLOCK_ID + 1];
    private final int[] forks = new int[MAX_BLOCK_ID + 1];
    private final int[] blocks = new int[MAX_BLOCK_ID + 1];
    private final int[] locators = new int[(MAX_BLOCK_ID + 1) * 3];
    private final int[] imageBytes = new int[MAX_BLOCK_ID + 1];
    private final int[] holeOffsets = new int[MAX_BLOCK_ID + 1];
    private final boolean[] compressed = new boolean[MAX_BLOCK_ID + 1];
    private final int[] dataBytes = new int[MAX_BLOCK_ID + 1];
    private final int[] dataStarts = new int[MAX_BLOCK_ID + 1];
    private ByteBuffer body = ByteBuffer.allocate(0);
    private int count;
    private int mainStart;
    private int mainBytes;
    private int toplevelXid;
    /** Whether all headers were read, without which it is not known where the data begins. */
    private boolean isWhole;

    /**
     * Reads the headers of the next record.
     *
     * @param bodyBytes the length of the whole body, of which {@code record} may be the first part
     * @return false if they are cut off or not valid; the block references before that place are kept
     */
    boolean read(ByteBuffer record, int bodyBytes, int postgresMajor) {
        body = record;
        count = 0;
        mainBytes = 0;
        mainStart = -1;
        toplevelXid = 0;
        isWhole = false;
        int at = 0;
        long data = 0;
        // A record without main data has no header that ends the list.
        while (bodyBytes - at > data) {
            if (at >= body.limit()) {
                return false;
            }
            int id = Byte.toUnsignedInt(body.get(at));
            if (id <= MAX_BLOCK_ID) {
                at = block(id, at, postgresMajor);
                if (at < 0) {
                    return false;
                }
                data += imageBytes[count - 1] + dataBytes[count - 1];
            } else if (id == DATA_SHORT || id == DATA_LONG) {
                int header = id == DATA_SHORT ? 2 : 5;
                if (at + header > body.limit()) {
                    return false;
                }
                mainBytes = id == DATA_SHORT ? Byte.toUnsignedInt(body.get(at + 1)) : body.getInt(at + 1);
                at += header;
                if (mainBytes < 0 || at + data + mainBytes != bodyBytes) {
                    mainBytes = 0;
                    return false;
                }
                mainStart = bodyBytes - mainBytes;
                break;
            } else if (id == ORIGIN) {
                at += 3;
            } else if (id == TOPLEVEL_XID && at + 5 <= body.limit()) {
                toplevelXid = body.getInt(at + 1);
                at += 5;
            } else {
                return false;
            }
        }
        int start = at;
        for (int i = 0; i < count; i++) {
            dataStarts[i] = start + imageBytes[i];
            start += imageBytes[i] + dataBytes[i];
        }
        isWhole = true;
        return true;
    }

    /** The position after a block's header; -1 if it is cut off or not valid. */
    private int block(int id, int from, int postgresMajor) {
        int limit = body.limit();
        // Ids only increase, and so there is room for each.
        if (from + 4 > limit || (count > 0 && id <= ids[count - 1])) {
            return -1;
        }
        int flags = body.get(from + 1);
        int at = from + 4;
        int image = 0;
        int hole = 0;
        boolean isCompressed = false;
        if ((flags & HAS_IMAGE) != 0) {
            if (at + 5 > limit) {
                return -1;
            }
            image = Short.toUnsignedInt(body.getShort(at));
            hole = Short.toUnsignedInt(body.getShort(at + 2));
            int info = body.get(at + 4);
            isCompressed = (info & (postgresMajor < 15 ? COMPRESSED_TO_14 : COMPRESSED_SINCE_15)) != 0;
            at += isCompressed && (info & HAS_HOLE) != 0 ? 7 : 5;
            hole = (info & HAS_HOLE) != 0 ? hole : image;
        }
        boolean isSame = (flags & SAME_RELATION) != 0;
        if ((isSame && count == 0) || at + (isSame ? 0 : LOCATOR_BYTES) + 4 > limit) {
            return -1;
        }
        for (int i = 0; i < 3; i++) {
            locators[count * 3 + i] = isSame ? locators[count * 3 + i - 3] : body.getInt(at + i * Integer.BYTES);
        }
        at += isSame ? 0 : LOCATOR_BYTES;
        ids[count] = id;
        forks[count] = flags & FORK_MASK;
        dataBytes[count] = Short.toUnsignedInt(body.getShort(from + 2));
        imageBytes[count] = image;
        holeOffsets[count] = hole;
        compressed[count] = isCompressed;
        blocks[count] = body.getInt(at);
        count++;
        return at + Integer.BYTES;
    }

    /** How many block references there are. */
    int count() {
        return count;
    }

    /** The index of the block reference with an id; -1 if there is none. */
    int indexOf(int id) {
        for (int i = 0; i < count; i++) {
            if (ids[i] == id) {
                return i;
            }
        }
        return -1;
    }

    int id(int index) {
        return ids[index];
    }

    /** As ForkNumber of src/include/common/relpath.h numbers them. */
    int fork(int index) {
        return forks[index];
    }

    long block(int index) {
        return Integer.toUnsignedLong(blocks[index]);
    }

    RelFileLocator file(int index) {
        return new RelFileLocator(locators[index * 3], locators[index * 3 + 1], locators[index * 3 + 2]);
    }

    boolean isOf(int index, RelFileLocator file) {
        return Integer.toUnsignedLong(locators[index * 3 + 2]) == file.number()
                && Integer.toUnsignedLong(locators[index * 3 + 1]) == file.database()
                && Integer.toUnsignedLong(locators[index * 3]) == file.tablespace();
    }

    /** Where the block's own data begins in the body; -1 if that part is cut off, or there is none. */
    int data(int index, int bytes) {
        return isWhole && dataBytes[index] >= bytes && dataStarts[index] + bytes <= body.limit()
                ? dataStarts[index]
                : -1;
    }

    /** Where {@code bytes} bytes of an uncompressed image of a page begin in the body; -1 if they are not there. */
    int inImage(int index, int offset, int bytes, int pageBytes) {
        int image = imageBytes[index];
        int hole = holeOffsets[index];
        if (!isWhole || image == 0 || compressed[index] || offset < 0 || offset + bytes > pageBytes) {
            return -1;
        }
        int in = offset + bytes <= hole ? offset : offset - (pageBytes - image);
        int at = dataStarts[index] - image + in;
        return in < 0 || (in >= hole && offset < hole) || in + bytes > image || at + bytes > body.limit() ? -1 : at;
    }

    /** Where the main data begins in the body; -1 if it has not that many bytes, or they are cut off. */
    int main(int bytes) {
        return mainStart >= 0 && mainBytes >= bytes && mainStart + bytes <= body.limit() ? mainStart : -1;
    }

    int mainBytes() {
        return mainBytes;
    }

    /**
     * The transaction that a subtransaction belongs to, where the record says so (wal_level = logical); otherwise 0.
     */
    int toplevelXid() {
        return toplevelXid;
    }
}
