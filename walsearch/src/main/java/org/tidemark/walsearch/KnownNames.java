// SPDX-License-Identifier: Apache-2.0
package org.tidemark.walsearch;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Pattern;
import org.tidemark.core.Lsn;
import org.tidemark.postgres.names.Relation;
import org.tidemark.postgres.names.Relation.Kind;
import org.tidemark.postgres.names.RelationNames;
import org.tidemark.postgres.wal.change.Change;
import org.tidemark.postgres.wal.change.EndedTransaction;
import org.tidemark.postgres.wal.change.EndedTransaction.Created;
import org.tidemark.postgres.wal.change.RelFileLocator;
import org.tidemark.postgres.wal.change.TransactionFollower;
import org.tidemark.walsearch.Hit.Named;

/**
 * The names of relations at the moments of some backups, those that were created since, and which files they have got:
 * TRUNCATE and VACUUM FULL give a table new ones, and rows are counted by file. Not thread-safe.
 */
public final class KnownNames {
    /** Of the relations that were created; the names of further ones are not known. About 30 MB. */
    private static final int MOST_YOUNG = 200_000;

    /** Of the tables with another file than their backup has; the rows of further ones are told by file. */
    private static final int MOST_MOVED = 200_000;

    private static final long PG_CLASS = 1259;
    private static final long PG_DATABASE = 1262;

    private static final Pattern PLAIN = Pattern.compile("[a-z_][a-z0-9_$]*");

    /** The newest first. */
    private final List<AtBackup> backups;

    private final Map<RelFileLocator, Place> moved = new HashMap<>();
    /** What was created in the WAL that is read. */
    private final Map<Place, Created> young = new HashMap<>();

    /** A relation by its OID in a database. */
    record Place(long database, long oid) {}

    /**
     * The names at one moment.
     *
     * @param end of the backup: its statistics say nothing of what was before
     */
    public record AtBackup(Lsn end, RelationNames names) {}

    KnownNames(List<AtBackup> backups) {
        this.backups = backups.stream()
                .sorted(Comparator.comparing(AtBackup::end).reversed())
                .toList();
    }

    /** Tells where the catalogs are in which a search recognizes what is dropped. */
    void tell(TransactionFollower follower) {
        for (AtBackup backup : backups) {
            for (RelationNames.Database each : backup.names().databases()) {
                backup.names()
                        .relation(each.oid(), PG_CLASS)
                        .ifPresent(found -> follower.catalog(each.oid(), PG_CLASS, found.file()));
                backup.names()
                        .relation(each.oid(), PG_DATABASE)
                        .ifPresent(found -> follower.catalog(0, PG_DATABASE, found.file()));
            }
        }
    }

    /** Whether no backup knows it, nor the WAL that was read so far. */
    boolean isUnknown(Place place) {
        return relation(place).isEmpty() && !young.containsKey(place);
    }

    /** Those with a name, in any database. */
    Set<Place> named(String name) {
        Set<Place> found = new LinkedHashSet<>();
        for (AtBackup backup : backups) {
            backup.names().named(name).forEach(each -> found.add(new Place(each.database(), each.oid())));
        }
        return found;
    }

    Optional<Relation> relation(Place place) {
        return backups.stream()
                .flatMap(each -> each.names().relation(place.database(), place.oid()).stream())
                .findFirst();
    }

    /**
     * The relation whose rows are in a file; empty for the parts of long values, which nobody would count. A file that
     * no backup knows has the number of its relation's OID, if that has never got another one.
     */
    Optional<Place> ofFile(RelFileLocator file) {
        Place known = moved.get(file);
        if (known != null) {
            return Optional.of(known);
        }
        Optional<Relation> relation = backups.stream()
                .flatMap(each -> each.names().ofFile(file.tablespace(), file.database(), file.number()).stream())
                .findFirst();
        Place asNumbered = new Place(file.database(), file.number());
        boolean isYoungToast = Optional.ofNullable(young.get(asNumbered))
                .filter(each -> !each.hasName())
                .isPresent();
        return relation.filter(each -> each.kind() == Kind.TOAST_TABLE).isPresent()
                        || (relation.isEmpty() && isYoungToast)
                ? Optional.empty()
                : Optional.of(
                        new Place(file.database(), relation.map(Relation::oid).orElse(file.number())));
    }

    /**
     * The relations of a change that an operator would name: TOAST tables, indexes and sequences are left out where it
     * concerns others, as far as a backup knows them.
     */
    List<Place> shown(EndedTransaction transaction, Change change) {
        long database = transaction.database().orElse(0);
        List<Place> all =
                change.oids().stream().map(oid -> new Place(database, oid)).toList();
        List<Place> tables = all.stream()
                .filter(each -> relation(each)
                        .map(known -> known.kind() != Kind.INDEX
                                && known.kind() != Kind.PARTITIONED_INDEX
                                && known.kind() != Kind.TOAST_TABLE
                                && known.kind() != Kind.SEQUENCE
                                && known.table() == 0)
                        .or(() -> Optional.ofNullable(young.get(each)).map(Created::hasName))
                        .orElse(true))
                .sorted(Comparator.comparingLong(Place::oid))
                .toList();
        return tables.isEmpty() ? all : tables;
    }

    /**
     * Takes note of the new file of a table. Of several tables in one change, nobody knows whose they are. Of those of
     * one table, that of its rows was made first, before those of its TOAST table and its indexes.
     */
    void follow(EndedTransaction transaction) {
        long database = transaction.database().orElse(0);
        transaction.created().forEach((oid, created) -> {
            if (young.size() < MOST_YOUNG) {
                young.put(new Place(database, oid), created);
            }
        });
        for (Change each : transaction.changes()) {
            List<Place> tables = each.newFiles().isEmpty() ? List.of() : shown(transaction, each);
            // Nobody writes into them any more: who has, had ended before the table was locked.
            each.oldFiles().forEach(moved::remove);
            if (tables.size() == 1 && moved.size() < MOST_MOVED) {
                each.newFiles().stream()
                        .min(Comparator.comparingLong(RelFileLocator::number))
                        .ifPresent(file -> moved.put(file, tables.getFirst()));
            }
        }
    }

    /** @param isFile whether a place that no backup knows was taken from the number of a file */
    Named named(Place place, boolean isFile) {
        Optional<Relation> known = relation(place);
        return new Named(
                known.map(KnownNames::text)
                        .or(() -> Optional.ofNullable(young.get(place)).map(each -> quoted(each.name()))),
                place.oid(),
                isFile && isUnknown(place),
                known.filter(each -> each.persistence() == Relation.Persistence.UNLOGGED)
                        .isPresent());
    }

    Named database(long oid) {
        return new Named(
                backups.stream()
                        .flatMap(each -> each.names().database(oid).stream())
                        .findFirst()
                        .map(each -> quoted(each.name())),
                oid,
                false,
                false);
    }

    /** The databases that have a name in one backup or another, written as in SQL. */
    Set<Long> databasesNamed(String name) {
        Set<Long> oids = new LinkedHashSet<>();
        backups.forEach(each -> each.names().databases().stream()
                .filter(known ->
                        quoted(known.name()).equals(name) || known.name().equals(name.toLowerCase(Locale.ROOT)))
                .forEach(known -> oids.add(known.oid())));
        return oids;
    }

    /** The databases of which one backup or another knows the name. */
    Set<Long> databases() {
        Set<Long> oids = new LinkedHashSet<>();
        backups.forEach(each -> each.names().databases().forEach(known -> oids.add(known.oid())));
        return oids;
    }

    /**
     * How many rows they had together, by the statistics of the newest backup before a position; empty if those do not
     * tell it of each.
     */
    OptionalLong rows(List<Place> places, Lsn before) {
        long rows = 0;
        for (Place place : places) {
            Optional<Relation> known = backups.stream()
                    .filter(each -> !each.end().isAfter(before))
                    .flatMap(each -> each.names().relation(place.database(), place.oid()).stream())
                    .findFirst();
            if (known.isEmpty() || known.get().tuples() < 0 || known.get().pages() == 0) {
                return OptionalLong.empty();
            }
            rows += (long) known.get().tuples();
        }
        return OptionalLong.of(rows);
    }

    private static String text(Relation relation) {
        List<String> parts = new ArrayList<>();
        relation.schema().ifPresent(schema -> parts.add(quoted(schema)));
        parts.add(quoted(relation.name()));
        return String.join(".", parts);
    }

    /** As SQL writes it. */
    static String quoted(String name) {
        return PLAIN.matcher(name).matches() ? name : '"' + name.replace("\"", "\"\"") + '"';
    }
}
