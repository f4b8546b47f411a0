// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.wal.change;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A row of pg_class that was inserted: the only record that says of a relation whether it is temporary. The offsets are
 * those of FormData_pg_class in src/include/catalog/pg_class.h. Immutable.
 *
 * @param persistence p, u or t
 * @param kind such as r, i or t
 */
record PgClassRow(long oid, String name, char persistence, char kind) {
    /** The OID of pg_class: its file has that number until VACUUM FULL rewrites it. */
    static final long PG_CLASS = 1259;

    private static final int NAME = 4;
    private static final int NAME_BYTES = 64;
    private static final int PERSISTENCE_TO_17 = 114;
    // relallfrozen is new in 18.
    private static final int PERSISTENCE_SINCE_18 = 118;
    private static final int BYTES = 120;

    // SizeofHeapTupleHeader, and t_hoff in it; xl_heap_header of src/include/access/heapam_xlog.h.
    private static final int TUPLE_HEADER = 23;
    private static final int HEADER_OFFSET = 22;
    private static final int XL_HEAP_HEADER = 5;
    // PageHeaderData and ItemIdData of src/include/storage/bufpage.h and itemid.h.
    private static final int PAGE_HEADER = 24;
    private static final int PAGE_SIZE = 18;
    private static final int PAGE_SIZE_MASK = 0xFF00;
    private static final int LARGEST_PAGE = 1 << 15;
    private static final int ITEM_OFFSET_MASK = 0x7FFF;
    // src/include/catalog/heap.h gives this name to the table that a rewrite fills.
    private static final String TRANSIENT = "pg_temp_";

    /** The row of an INSERT into pg_class; empty if it is not in what was read, or in a compressed image. */
    static Optional<PgClassRow> of(RecordBody record, ByteBuffer body, int postgresMajor) {
        int block = record.indexOf(0);
        int at = -1;
        int data = record.data(block, XL_HEAP_HEADER);
        if (data >= 0) {
            int start = XL_HEAP_HEADER + Byte.toUnsignedInt(body.get(data + 4)) - TUPLE_HEADER;
            at = start < 0 || record.data(block, start + BYTES) < 0 ? -1 : data + start;
        } else if (record.main(2) >= 0) {
            int size = record.inImage(block, PAGE_SIZE, 2, LARGEST_PAGE);
            int pageBytes = size < 0 ? 0 : Short.toUnsignedInt(body.getShort(size)) & PAGE_SIZE_MASK;
            int item = Short.toUnsignedInt(body.getShort(record.main(2)));
            int pointer = record.inImage(block, PAGE_HEADER + (item - 1) * Integer.BYTES, Integer.BYTES, pageBytes);
            if (pointer >= 0) {
                int tuple = body.getInt(pointer) & ITEM_OFFSET_MASK;
                int header = record.inImage(block, tuple + HEADER_OFFSET, 1, pageBytes);
                at = header < 0
                        ? -1
                        : record.inImage(block, tuple + Byte.toUnsignedInt(body.get(header)), BYTES, pageBytes);
            }
        }
        return at < 0 ? Optional.empty() : Optional.of(parse(body, at, postgresMajor));
    }

    private static PgClassRow parse(ByteBuffer body, int at, int postgresMajor) {
        byte[] name = new byte[NAME_BYTES];
        body.get(at + NAME, name);
        int length = 0;
        while (length < name.length && name[length] != 0) {
            length++;
        }
        int persistence = at + (postgresMajor < 18 ? PERSISTENCE_TO_17 : PERSISTENCE_SINCE_18);
        return new PgClassRow(
                Integer.toUnsignedLong(body.getInt(at)),
                new String(name, 0, length, StandardCharsets.UTF_8),
                (char) body.get(persistence),
                (char) body.get(persistence + 1));
    }

    /** Whether it is a table, a view, a materialized view or a foreign table. */
    boolean hasName() {
        return "rpvmf".indexOf(kind) >= 0;
    }

    boolean isTemporary() {
        return persistence == 't';
    }

    /**
     * The OID of the table that is rewritten by way of this one (make_new_heap() in src/backend/commands/cluster.c).
     */
    OptionalLong rewritten() {
        return name.matches(TRANSIENT + "[0-9]{1,10}")
                ? OptionalLong.of(Long.parseLong(name.substring(TRANSIENT.length())))
                : OptionalLong.empty();
    }
}
