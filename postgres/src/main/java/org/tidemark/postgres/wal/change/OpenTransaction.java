// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.wal.change;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What is known of a transaction, or of a subtransaction, that has not ended. Not thread-safe. */
final class OpenTransaction {
    final int xid;
    private final Budget budget;
    Moment first;

    @Nullable
    Moment look;

    /** Where it was last seen to hold locks. */
    @Nullable
    Moment locked;

    Optional<Integer> parent = Optional.empty();
    boolean isBegunBefore;
    boolean isMerged;
    boolean isPrepared;
    /** Whether it inserted a row into pg_class that could not be read. */
    boolean isUnread;

    long database;
    /** The last file that was asked for: a statement changes the rows of one table after the other. */
    private @Nullable FileChanges last;

    private @Nullable FileChanges rest;
    final Map<RelFileLocator, FileChanges> files = new HashMap<>();
    /** The OIDs of the relations that it locked exclusively, in order. */
    Set<Long> locks = Set.of();
    /** The relations that it created, by OID, as far as their rows of pg_class were read. */
    Map<Long, PgClassRow> created = Map.of();

    private long lastLock;
    /** Databases and tablespaces that it dropped, with the last moment at which they are there. */
    Map<Long, Moment> droppedDatabases = Map.of();

    Map<Long, Moment> droppedTablespaces = Map.of();

    @Nullable
    Moment databaseRow;

    OpenTransaction(int xid, Moment first, boolean isBegunBefore, Budget budget) {
        this.xid = xid;
        this.first = first;
        this.isBegunBefore = isBegunBefore;
        this.budget = budget;
    }

    /** How many entries all open transactions may hold together. */
    static final class Budget {
        private final int most;
        private int taken;

        Budget(int most) {
            this.most = most;
        }

        boolean take() {
            boolean hasRoom = taken < most;
            taken += hasRoom ? 1 : 0;
            return hasRoom;
        }

        void giveBack(int entries) {
            taken -= entries;
        }

        void giveAllBack() {
            taken = 0;
        }
    }

    /** What happened to one file. */
    static final class FileChanges {
        final RelFileLocator file;
        long inserted;
        long updated;
        long deleted;
        long bytes;
        /** Whether the transaction made its main fork, or the initial fork of an unlogged relation. */
        boolean isNew;
        /** Whether whole pages were written to it outside of rows, as of an index that is built. */
        boolean hasPages;

        boolean isSequence;
        /** Whether it was cut to nothing, and where; 0 if it was not. */
        long truncatedAt;
        /** Where the last row was written; 0 if none was. */
        long insertedAt;

        FileChanges(RelFileLocator file) {
            this.file = file;
        }

        boolean hasRows() {
            return inserted + updated + deleted > 0;
        }

        boolean isEmpty() {
            return !hasPages && Long.compareUnsigned(insertedAt, truncatedAt) <= 0;
        }

        RowCounts counts() {
            return new RowCounts(inserted, updated, deleted, bytes);
        }

        private void add(FileChanges other) {
            inserted += other.inserted;
            updated += other.updated;
            deleted += other.deleted;
            bytes += other.bytes;
            isNew |= other.isNew;
            hasPages |= other.hasPages;
            isSequence |= other.isSequence;
            truncatedAt = Long.compareUnsigned(truncatedAt, other.truncatedAt) < 0 ? other.truncatedAt : truncatedAt;
            insertedAt = Long.compareUnsigned(insertedAt, other.insertedAt) < 0 ? other.insertedAt : insertedAt;
        }
    }

    /** The number of entries that it holds, which together are its memory. */
    int entries() {
        return 1 + files.size() + locks.size() + created.size();
    }

    private boolean hasRoom() {
        boolean hasRoom = entries() < Math.max(1, budget.most / 4) && budget.take();
        isMerged |= !hasRoom;
        return hasRoom;
    }

    /** The file of a block reference; those beyond the limit are one. */
    FileChanges file(RecordBody body, int block) {
        FileChanges known = last;
        return known != null && body.isOf(block, known.file) ? known : file(body.file(block));
    }

    FileChanges file(RelFileLocator file) {
        FileChanges found = files.get(file);
        if (found == null) {
            if (!hasRoom()) {
                return rest();
            }
            found = new FileChanges(file);
            files.put(file, found);
            database = file.database() == 0 ? database : file.database();
        }
        last = found;
        return found;
    }

    /** The rows of the files beyond the limit. */
    FileChanges rest() {
        FileChanges found = rest == null ? new FileChanges(new RelFileLocator(0L, 0L, 0L)) : rest;
        rest = found;
        return found;
    }

    RowCounts restCounts() {
        return rest == null ? RowCounts.NONE : rest.counts();
    }

    void lock(long oid, long ofDatabase, Moment at) {
        look = look == null ? at : Moment.earlier(look, at);
        locked = at;
        database = ofDatabase == 0 ? database : ofDatabase;
        if (!locks.contains(oid) && hasRoom()) {
            locks = locks.isEmpty() ? new LinkedHashSet<>() : locks;
            locks.add(oid);
            lastLock = oid;
        }
    }

    /** A file that it made: the lock before it, if there is one for this file, is that of the same index. */
    void create(RelFileLocator file) {
        FileChanges changes = file(file);
        changes.isNew = true;
        if (changes != rest) {
            lockBefore = lockBefore.isEmpty() ? new HashMap<>() : lockBefore;
            lockBefore.put(file, lastLock);
        }
        lastLock = 0;
    }

    /** The lock that came right before a file was made; 0 if none did. */
    Map<RelFileLocator, Long> lockBefore = Map.of();

    void create(PgClassRow row) {
        if (!created.containsKey(row.oid()) && hasRoom()) {
            created = created.isEmpty() ? new HashMap<>() : created;
            created.put(row.oid(), row);
        }
    }

    /** Adds what a subtransaction did that is committed with it. */
    void add(OpenTransaction child) {
        first = Moment.earlier(first, child.first);
        look = look == null ? child.look : child.look == null ? look : Moment.earlier(look, child.look);
        isBegunBefore |= child.isBegunBefore;
        isMerged |= child.isMerged;
        isUnread |= child.isUnread;
        database = database == 0 ? child.database : database;
        child.files.forEach((file, changes) -> {
            FileChanges own = files.putIfAbsent(file, changes);
            if (own != null) {
                own.add(changes);
            }
        });
        if (child.rest != null) {
            rest().add(child.rest);
        }
        if (!child.locks.isEmpty()) {
            locks = locks.isEmpty() ? new LinkedHashSet<>() : locks;
            locks.addAll(child.locks);
        }
        lockBefore = union(lockBefore, child.lockBefore);
        created = union(created, child.created);
        droppedDatabases = union(droppedDatabases, child.droppedDatabases);
        droppedTablespaces = union(droppedTablespaces, child.droppedTablespaces);
    }

    /** Adds to the first one in place: a transaction can have 100,000 subtransactions. */
    static <K, V> Map<K, V> union(Map<K, V> a, Map<K, V> b) {
        if (b.isEmpty()) {
            return a;
        }
        Map<K, V> both = a.isEmpty() ? new LinkedHashMap<>() : a;
        both.putAll(b);
        return both;
    }
}
