// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.wal.change;

import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * The invalidation messages of a commit: {@code SharedInvalidationMessage} of src/include/storage/sinval.h. Those of
 * the relation cache name OIDs. Those of the catalog caches hold only a hash of the keys of a row, but the hash of an
 * OID can be computed (CatalogCacheComputeHashValue() of src/backend/utils/cache/catcache.c); so they tell of an OID
 * that rows for it were inserted, deleted or changed. Not thread-safe.
 */
final class Invalidations {
    static final int MESSAGE_BYTES = 16;
    private static final int RELCACHE = -2;

    // SysCacheIdentifier of src/include/utils/syscache.h (since 18 of catalog/syscache_ids.h), read from the WAL
    // of real servers: ATTNAME, ATTNUM and INDEXRELID here; RULERELNAME, PARTRELID and FOREIGNTABLEREL where they are
    // used.
    private static final int ATTNAME = 6;
    private static final int ATTNUM = 7;
    private static final int INDEXRELID_TO_17 = 32;
    private static final int INDEXRELID_SINCE_18 = 34;
    // SelfItemPointerAttributeNumber of src/include/access/sysattr.h: the column ctid.
    private static final int CTID = -1;
    // hash_bytes() of src/common/hashfn.c of "_RETURN", the name of the rule of each view, and of "chunk_seq" and
    // "chunk_data", which are columns of toast tables; their indexes have only the first.
    private static final int RETURN_RULE = 0x44228CDE;
    private static final int CHUNK_SEQ = 0xD9A66DD2;
    private static final int CHUNK_DATA = 0xBE5E995E;

    private Set<Long> relations = Set.of();
    private Set<Long> rows = Set.of();

    private final int major;

    Invalidations(int postgresMajor) {
        this.major = postgresMajor;
    }

    /** @param hashOrOid the third field */
    void add(int id, int hashOrOid) {
        if (isEmpty()) {
            rows = new HashSet<>();
            relations = new LinkedHashSet<>();
        }
        if (id >= 0) {
            rows.add((long) id << Integer.SIZE | Integer.toUnsignedLong(hashOrOid));
        } else if (id == RELCACHE) {
            relations.add(Integer.toUnsignedLong(hashOrOid));
        }
    }

    boolean isEmpty() {
        return rows.isEmpty() && relations.isEmpty();
    }

    /** The OIDs of relations whose description changed, in order. */
    Set<Long> relations() {
        return relations;
    }

    /**
     * Whether a relation with system columns was created or dropped: a table, materialized view, toast table, sequence,
     * partitioned or foreign table. Neither a view nor an index has them, and nothing else changes them.
     */
    boolean hasSystemColumns(long oid) {
        return isTouched(oid, hash(CTID), ATTNUM);
    }

    /** Whether a column's description was inserted, deleted or changed. */
    boolean hasColumn(long oid, int number) {
        return isTouched(oid, hash(number), ATTNUM);
    }

    private boolean isTouched(long oid, int hash, int cache) {
        return touched(cache, hash(oid) ^ Integer.rotateLeft(hash, 8));
    }

    /** Of a relation that was created or dropped: whether it is a toast table. */
    boolean isToast(long oid) {
        return isTouched(oid, CHUNK_DATA, ATTNAME) && isTouched(oid, CHUNK_SEQ, ATTNAME) && hasSystemColumns(oid);
    }

    boolean isToastIndex(long oid) {
        return isIndex(oid) && isTouched(oid, CHUNK_SEQ, ATTNAME);
    }

    /** Of a relation that was created or dropped: whether it is an index. */
    boolean isIndex(long oid) {
        return touched(major < 18 ? INDEXRELID_TO_17 : INDEXRELID_SINCE_18, hash(oid));
    }

    /** Of a relation that was created or dropped: whether it is a view or a materialized view. */
    boolean isView(long oid) {
        return isTouched(oid, RETURN_RULE, major < 14 ? 53 : major < 15 ? 54 : major < 18 ? 58 : 60);
    }

    boolean isCompositeType(long oid) {
        return hasColumn(oid, 1) && !hasSystemColumns(oid) && !isIndex(oid) && !isView(oid);
    }

    /** Of a relation that was created or dropped: whether it is a table or sequence, which has a file. */
    boolean isTableWithFile(long oid) {
        boolean isPartitioned = touched(major < 15 ? 41 : major < 18 ? 43 : 45, hash(oid));
        boolean isForeign = touched(major < 18 ? 31 : 33, hash(oid));
        return hasSystemColumns(oid) && !isPartitioned && !isForeign;
    }

    private boolean touched(int cache, int hash) {
        return rows.contains((long) cache << Integer.SIZE | Integer.toUnsignedLong(hash));
    }

    /** murmurhash32() of src/include/common/hashfn.h. */
    static int hash(long value) {
        int h = (int) value;
        h ^= h >>> 16;
        h *= 0x85EBCA6B;
        h ^= h >>> 13;
        h *= 0xC2B2AE35;
        return h ^ h >>> 16;
    }
}
