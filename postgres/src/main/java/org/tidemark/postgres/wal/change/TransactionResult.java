// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.wal.change;

import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.tidemark.core.Lsn;
import org.tidemark.postgres.wal.change.Change.Kind;
import org.tidemark.postgres.wal.change.EndedTransaction.Created;
import org.tidemark.postgres.wal.change.EndedTransaction.Gap;
import org.tidemark.postgres.wal.change.EndedTransaction.Outcome;
import org.tidemark.postgres.wal.change.OpenTransaction.FileChanges;

/**
 * Tells the kinds of changes of one transaction from what its records say together. Every statement that replaces a
 * file removes the old one at the commit; they differ in who owns the new file and what was written to it:
 *
 * <ul>
 *   <li>A new relation's first file has the number of the relation's OID (heap_create() of src/backend/catalog/heap.c).
 *   <li>VACUUM FULL, CLUSTER and ALTER TYPE fill a transient relation, whose file they keep and whose OID they drop.
 *   <li>TRUNCATE, REINDEX and SET TABLESPACE make a file whose number is no OID. TRUNCATE writes nothing to that of a
 *       table; the others write whole pages.
 * </ul>
 *
 * Not thread-safe.
 */
final class TransactionResult {
    private final OpenTransaction transaction;
    private final TransactionRecord end;
    private final Catalogs catalogs;
    private final Invalidations invalidations;
    /** The OIDs of relations that this transaction dropped, also those that it had created. */
    private final Set<Long> dropped;

    /** The numbers of the files that it made. */
    private final Set<Long> newFiles = new HashSet<>();

    private final List<Change> changes = new ArrayList<>();

    TransactionResult(OpenTransaction transaction, TransactionRecord end, Catalogs catalogs, int major) {
        this.transaction = transaction;
        this.end = end;
        this.catalogs = catalogs;
        this.invalidations = end.invalidations;
        for (FileChanges each : transaction.files.values()) {
            if (each.isNew) {
                newFiles.add(each.file.number());
            }
        }
        this.dropped = major < 15 ? droppedTo14() : end.droppedStatistics;
    }

    EndedTransaction result(Moment before, Lsn endOfEnd) {
        if (end.isCommit) {
            classify(before);
        }
        Set<Gap> gaps = EnumSet.noneOf(Gap.class);
        if (transaction.isBegunBefore) {
            gaps.add(Gap.BEGUN_BEFORE);
        }
        if (transaction.isMerged) {
            gaps.add(Gap.MERGED);
        }
        if (transaction.isUnread) {
            gaps.add(Gap.UNREAD);
        }
        if (end.isCutOff) {
            gaps.add(Gap.CUT_OFF);
        }
        long database = end.database != 0 ? end.database : transaction.database;
        return new EndedTransaction(
                transaction.xid,
                end.isCommit ? Outcome.COMMITTED : Outcome.ROLLED_BACK,
                transaction.parent,
                end.subtransactions,
                end.isTwoPhase,
                end.time,
                transaction.first,
                Optional.ofNullable(transaction.look),
                before,
                endOfEnd,
                database == 0 ? OptionalLong.empty() : OptionalLong.of(database),
                relations(),
                transaction.restCounts(),
                changes,
                end.isCommit ? created() : Map.of(),
                gaps);
    }

    private Map<Long, Created> created() {
        Map<Long, Created> created = Map.of();
        for (PgClassRow row : transaction.created.values()) {
            if (!row.isTemporary() && row.rewritten().isEmpty()) {
                created = created.isEmpty() ? new HashMap<>() : created;
                created.put(row.oid(), new Created(row.name(), row.hasName()));
            }
        }
        return created;
    }

    private Map<RelFileLocator, RowCounts> relations() {
        Map<RelFileLocator, RowCounts> relations = Map.of();
        for (FileChanges each : transaction.files.values()) {
            if (each.hasRows()) {
                // Most transactions write to one relation.
                if (relations.isEmpty() && transaction.files.size() == 1) {
                    return Map.of(each.file, each.counts());
                }
                relations = relations.isEmpty() ? new HashMap<>() : relations;
                relations.put(each.file, each.counts());
            }
        }
        return relations;
    }

    private void classify(Moment before) {
        transaction.droppedDatabases.forEach((oid, moment) ->
                changes.add(new Change(Kind.DATABASE_DROP, List.of(oid), List.of(), List.of(), 0, false, moment)));
        transaction.droppedTablespaces.forEach((oid, moment) ->
                changes.add(new Change(Kind.TABLESPACE_DROP, List.of(oid), List.of(), List.of(), 0, false, moment)));
        if (end.files.isEmpty() && dropped.isEmpty()) {
            return;
        }
        Set<Long> transients = new LinkedHashSet<>();
        Set<Long> rewritten = new LinkedHashSet<>();
        List<FileChanges> replacing = new ArrayList<>();
        List<FileChanges> filled = new ArrayList<>();
        for (PgClassRow row : transaction.created.values()) {
            row.rewritten().ifPresent(oid -> {
                transients.add(row.oid());
                rewritten.add(oid);
            });
        }
        for (FileChanges each : transaction.files.values()) {
            if (each.isNew) {
                long number = each.file.number();
                if (transients.contains(number) || (dropped.contains(number) && !end.files.contains(each.file))) {
                    transients.add(number);
                    filled.add(each);
                } else if (!transaction.created.containsKey(number)
                        && !invalidations.relations().contains(number)) {
                    replacing.add(each);
                }
            }
        }
        List<RelFileLocator> old =
                end.files.stream().filter(file -> !isNew(file)).toList();
        drops(transients, old, before);
        replacements(replacing, filled, rewritten, old, before);
    }

    private boolean isNew(RelFileLocator file) {
        FileChanges changes = transaction.files.get(file);
        return (changes != null && changes.isNew) || isCreated(file.number());
    }

    private boolean isCreated(long oid) {
        return transaction.created.containsKey(oid)
                || catalogs.isCreatedWithoutXid(transaction.database, oid)
                || newFiles.contains(oid);
    }

    private void drops(Set<Long> transients, List<RelFileLocator> old, Moment before) {
        Set<Long> oids = new LinkedHashSet<>(dropped);
        oids.removeIf(this::isCreated);
        if (!transients.isEmpty()) {
            withoutReplaced(oids);
        }
        List<Long> replaced = oids.stream()
                .filter(oid -> catalogs.isReplacedConcurrently(transaction.database, oid) && invalidations.isIndex(oid))
                .toList();
        if (!replaced.isEmpty()) {
            changes.add(new Change(Kind.REINDEX, replaced, old, List.of(), 0, false, before));
            replaced.forEach(oids::remove);
        }
        // A composite type is in pg_class, but is no relation to anybody who drops it.
        oids.removeIf(invalidations::isCompositeType);
        List<Long> temporary = oids.stream()
                .filter(oid -> catalogs.isTemporary(transaction.database, oid)
                        || (old.isEmpty() && invalidations.isTableWithFile(oid)))
                .toList();
        temporary.forEach(oids::remove);
        // The indexes of temporary tables.
        if (!temporary.isEmpty() && old.isEmpty()) {
            oids.removeIf(invalidations::isIndex);
        }
        if (!oids.isEmpty()) {
            changes.add(new Change(Kind.DROP, List.copyOf(oids), old, List.of(), 0, false, before));
        } else if (!temporary.isEmpty()) {
            changes.add(new Change(Kind.TEMPORARY_DROP, temporary, List.of(), List.of(), 0, false, before));
        }
    }

    /**
     * A rewrite also drops the old toast table, and ALTER TYPE the old indexes, for which it has created others. If
     * more indexes were dropped than created, nothing tells which ones the statement meant, and all are listed.
     */
    private void withoutReplaced(Set<Long> oids) {
        oids.removeIf(oid -> invalidations.isToast(oid) || invalidations.isToastIndex(oid));
        List<Long> old = oids.stream().filter(invalidations::isIndex).toList();
        long created = invalidations.relations().stream()
                .filter(oid -> isCreated(oid) && !dropped.contains(oid))
                .filter(oid -> invalidations.isIndex(oid) && !invalidations.isToastIndex(oid))
                .count();
        if (old.size() <= created) {
            old.forEach(oids::remove);
        }
    }

    private void replacements(
            List<FileChanges> replacing,
            List<FileChanges> filled,
            Set<Long> rewritten,
            List<RelFileLocator> old,
            Moment before) {
        Set<Long> tablespaces = new HashSet<>();
        old.forEach(file -> tablespaces.add(file.tablespace()));
        List<FileChanges> moved = new ArrayList<>();
        List<FileChanges> emptied = new ArrayList<>();
        List<FileChanges> rebuilt = new ArrayList<>();
        Set<Long> indexes = new HashSet<>();
        for (FileChanges each : replacing) {
            // Without an old file, the relation itself is new.
            if (each.isSequence || old.isEmpty()) {
                continue;
            }
            if (!tablespaces.contains(each.file.tablespace())) {
                moved.add(each);
            } else if (each.hasPages) {
                rebuilt.add(each);
                indexes.add(transaction.lockBefore.getOrDefault(each.file, 0L));
            } else {
                emptied.add(each);
            }
        }
        // A table that was rewritten is truncated in place later in the same transaction.
        filled.stream().filter(each -> each.truncatedAt != 0).forEach(emptied::add);
        Set<Long> tables = new LinkedHashSet<>(transaction.locks);
        tables.removeIf(oid -> dropped.contains(oid)
                || isCreated(oid)
                || indexes.contains(oid)
                || !invalidations.relations().contains(oid));
        if (!emptied.isEmpty()) {
            changes.add(change(Kind.TRUNCATE, tables, old, emptied, before));
        }
        if (!filled.isEmpty()) {
            changes.add(change(Kind.REWRITE, rewritten.isEmpty() ? tables : rewritten, old, filled, before));
        }
        if (!moved.isEmpty()) {
            changes.add(change(Kind.TABLESPACE_CHANGE, tables, old, moved, before));
        }
        if (!rebuilt.isEmpty() && emptied.isEmpty() && filled.isEmpty()) {
            indexes.remove(0L);
            changes.add(change(Kind.REINDEX, indexes, old, rebuilt, before));
        }
    }

    private Change change(
            Kind kind, Collection<Long> oids, List<RelFileLocator> old, List<FileChanges> files, Moment before) {
        // Of several new files of one relation, all but the last are removed again.
        List<FileChanges> left =
                files.stream().filter(each -> !end.files.contains(each.file)).toList();
        boolean isOfTables = kind == Kind.TRUNCATE || kind == Kind.REWRITE;
        return new Change(
                kind,
                List.copyOf(oids),
                old,
                left.stream().map(each -> each.file).toList(),
                left.stream().mapToLong(each -> each.inserted).sum(),
                isOfTables && left.stream().allMatch(FileChanges::isEmpty),
                before);
    }

    /** Before 15 a commit lists no dropped relations: those count whose columns were inserted or deleted. */
    private Set<Long> droppedTo14() {
        Set<Long> found = new LinkedHashSet<>();
        if (end.isCommit && catalogs.hasDeletedRelation(transaction)) {
            for (long oid : invalidations.relations()) {
                boolean isTouched = invalidations.hasSystemColumns(oid)
                        || (invalidations.hasColumn(oid, 1)
                                && (invalidations.isIndex(oid) || invalidations.isView(oid)));
                // The transient relation of a rewrite is also dropped; any other new one is not known to be.
                PgClassRow row = transaction.created.get(oid);
                boolean isTransient = row != null && row.rewritten().isPresent();
                if (isTouched && (isTransient || !isCreated(oid))) {
                    found.add(oid);
                }
            }
        }
        return found;
    }
}
