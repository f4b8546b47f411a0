// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.wal.change;

import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.tidemark.postgres.wal.WalReader.WalRecord;

/**
 * What is remembered beyond one transaction: where the catalogs are, which relations are temporary, files that no
 * transaction has claimed, and the rows of databases that were changed in place. Each list keeps its newest entries.
 * Not thread-safe.
 */
final class Catalogs {
    private static final int MOST_ENTRIES = 50_000;
    private static final int MOST_MAPPINGS = 64;

    static final long PG_DATABASE = 1262;
    private static final long GLOBAL_TABLESPACE = 1664;
    // xl_relmap_update of src/include/utils/relmapper.h, and RelMapFile: magic, number, pairs of OID and file number.
    private static final int MAP = 12;
    private static final int MAPPINGS = MAP + 8;
    // ReindexRelationConcurrently() of src/backend/commands/indexcmds.c.
    private static final String BUILT_CONCURRENTLY = "_ccnew";

    // DROP DATABASE writes the two records one after the other; other sessions may write in between.
    private static final long MOST_BYTES_BETWEEN = 16 << 20;

    /** Its files: the number of one that it had before is not given to another table soon. */
    private final Set<Long> pgDatabase = new HashSet<>(Set.of(PG_DATABASE));
    /** The files of pg_class beside the first one, by database. */
    private final Map<Long, Set<Long>> pgClass = newest();

    private final Map<Long, Boolean> temporary = newest();
    private final Map<Long, Boolean> unclaimed = newest();
    /** Indexes that REINDEX CONCURRENTLY builds, and relations that it has changed together with one of them. */
    private final Map<Long, Boolean> builtConcurrently = newest();

    private final Map<Long, Boolean> replacedConcurrently = newest();
    private final Map<Place, Moment> inPlace = newest();

    /** Of a row. */
    private record Place(long block, int offset) {}

    private static <K, V> Map<K, V> newest() {
        return new LinkedHashMap<>() {
            @Override
            protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
                return size() > MOST_ENTRIES;
            }
        };
    }

    /** A file of a catalog, by the OID of the catalog; of other catalogs than these two nothing is remembered. */
    void map(long database, long catalog, long number) {
        if (catalog == PgClassRow.PG_CLASS && database != 0 && number != PgClassRow.PG_CLASS) {
            pgClass.computeIfAbsent(database, any -> new HashSet<>()).add(number);
        } else if (catalog == PG_DATABASE && database == 0) {
            pgDatabase.add(number);
        }
    }

    /** False if the main data of a RELMAP record is cut off. */
    boolean map(ByteBuffer body, int main) {
        if (main + MAPPINGS > body.limit()) {
            return false;
        }
        long database = Integer.toUnsignedLong(body.getInt(main));
        int count = Math.clamp(body.getInt(main + MAP + Integer.BYTES), 0, MOST_MAPPINGS);
        for (int i = 0; i < count && main + MAPPINGS + (i + 1) * Long.BYTES <= body.limit(); i++) {
            long oid = Integer.toUnsignedLong(body.getInt(main + MAPPINGS + i * Long.BYTES));
            long number = Integer.toUnsignedLong(body.getInt(main + MAPPINGS + i * Long.BYTES + Integer.BYTES));
            map(database, oid, number);
        }
        return true;
    }

    boolean isPgClass(RelFileLocator file) {
        // No look-up for each row: only VACUUM FULL of a catalog maps it to another file.
        boolean isFile = file.number() == PgClassRow.PG_CLASS
                || (!pgClass.isEmpty()
                        && pgClass.getOrDefault(file.database(), Set.of()).contains(file.number()));
        return isFile && file.database() != 0;
    }

    boolean isPgDatabase(RelFileLocator file) {
        return file.database() == 0 && file.tablespace() == GLOBAL_TABLESPACE && pgDatabase.contains(file.number());
    }

    /** xl_heap_inplace begins with the row's offset in the page. */
    void inPlace(RecordBody body, WalRecord record) {
        int main = body.main(Short.BYTES);
        int block = body.indexOf(0);
        if (main >= 0 && isPgDatabase(body.file(block))) {
            Place place = new Place(
                    body.block(block), Short.toUnsignedInt(record.body().getShort(main)));
            inPlace.remove(place);
            inPlace.put(place, new Moment(record.start(), record.previous()));
        }
    }

    /**
     * The last moment at which the row of a database that is deleted was valid. DROP DATABASE marks the row as invalid
     * before it deletes it (since 13.12, 14.9 and 15.4), outside of the transaction.
     */
    Moment beforeDeletion(RecordBody body, WalRecord deletion) {
        Moment found = new Moment(deletion.start(), deletion.previous());
        // xl_heap_delete: an xid, and the row's offset.
        int main = body.main(Integer.BYTES + Short.BYTES);
        long block = body.block(body.indexOf(0));
        int offset = main < 0 ? -1 : Short.toUnsignedInt(deletion.body().getShort(main + Integer.BYTES));
        for (Map.Entry<Place, Moment> each : inPlace.entrySet()) {
            boolean isRow = each.getKey().block() == block
                    && (offset < 0 || each.getKey().offset() == offset);
            if (isRow && deletion.start().minus(each.getValue().at()) <= MOST_BYTES_BETWEEN) {
                found = each.getValue();
            }
        }
        return found;
    }

    /** A file that was made before its transaction had an xid: that of a new relation. */
    void createdWithoutXid(RelFileLocator file) {
        unclaimed.put(key(file.database(), file.number()), true);
    }

    boolean isCreatedWithoutXid(long database, long oid) {
        return unclaimed.containsKey(key(database, oid));
    }

    boolean isTemporary(long database, long oid) {
        return temporary.containsKey(key(database, oid));
    }

    /** Remembers what a transaction has created, for those that follow. */
    void ended(OpenTransaction transaction, TransactionRecord end) {
        if (!unclaimed.isEmpty()) {
            end.files.forEach(file -> unclaimed.remove(key(file.database(), file.number())));
            end.invalidations.relations().forEach(oid -> unclaimed.remove(key(transaction.database, oid)));
        }
        if (end.isCommit && !(end.invalidations.isEmpty() && transaction.created.isEmpty())) {
            transaction.created.values().stream()
                    .filter(PgClassRow::isTemporary)
                    .forEach(row -> temporary.put(key(transaction.database, row.oid()), true));
            end.droppedStatistics.forEach(oid -> temporary.remove(key(transaction.database, oid)));
            concurrent(transaction, end.invalidations);
        }
    }

    /** The transaction that gives an index the place of another one changes the descriptions of both. */
    private void concurrent(OpenTransaction transaction, Invalidations invalidations) {
        if (!builtConcurrently.isEmpty()
                && invalidations.relations().stream()
                        .anyMatch(oid -> builtConcurrently.containsKey(key(transaction.database, oid)))) {
            invalidations.relations().forEach(oid -> replacedConcurrently.put(key(transaction.database, oid), true));
        }
        transaction.created.values().stream()
                .filter(row -> row.kind() == 'i' && row.name().contains(BUILT_CONCURRENTLY))
                .forEach(row -> builtConcurrently.put(key(transaction.database, row.oid()), true));
    }

    /** Whether another index has taken the place of this one. */
    boolean isReplacedConcurrently(long database, long oid) {
        return replacedConcurrently.containsKey(key(database, oid))
                && !builtConcurrently.containsKey(key(database, oid));
    }

    private static long key(long database, long oid) {
        return database << Integer.SIZE | oid;
    }

    /** Whether any row of pg_class was deleted. */
    boolean hasDeletedRelation(OpenTransaction transaction) {
        return transaction.files.values().stream().anyMatch(each -> each.deleted > 0 && isPgClass(each.file));
    }
}
