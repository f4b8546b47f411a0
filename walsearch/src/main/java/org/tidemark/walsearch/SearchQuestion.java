// SPDX-License-Identifier: Apache-2.0
package org.tidemark.walsearch;

import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.tidemark.postgres.names.QualifiedName;
import org.tidemark.postgres.names.Relation;
import org.tidemark.postgres.names.RelationNames;
import org.tidemark.postgres.wal.change.Change.Kind;
import org.tidemark.walsearch.KnownNames.AtBackup;

/**
 * What is looked for in WAL. Immutable.
 *
 * @param table its name as in SQL, or its OID, or the name of a database; empty: all
 * @param kinds of changes that are told
 * @param xid one transaction, of which everything is told; the low 32 bits, as PostgreSQL prints them
 * @param leastRows how many rows a transaction must have deleted, or updated, in a table to be told; a transaction that
 *     changed half of a table is told in any case
 * @param most how many changes are told: the worst ones
 */
public record SearchQuestion(Optional<String> table, Set<Kind> kinds, OptionalLong xid, long leastRows, int most) {
    /** What removes rows or relations. */
    public static final Set<Kind> DESTRUCTIVE = Set.copyOf(EnumSet.of(
            Kind.DROP, Kind.TRUNCATE, Kind.DATABASE_DROP, Kind.TABLESPACE_DROP, Kind.MASS_DELETE, Kind.MASS_UPDATE));

    private static final long LARGEST_OID = 0xFFFF_FFFFL;

    /** @throws IllegalArgumentException if the table is neither a name nor an OID */
    public SearchQuestion {
        kinds = Set.copyOf(kinds);
        table.ifPresent(SearchQuestion::requireName);
    }

    private static void requireName(String text) {
        boolean isNumber = isNumber(text);
        if (text.isEmpty() || (isNumber && (text.length() > 10 || Long.parseLong(text) > LARGEST_OID))) {
            throw new IllegalArgumentException("'" + text + "' is no table");
        }
        if (!isNumber) {
            RelationNames.NONE.named(text);
        }
    }

    private static boolean isNumber(String text) {
        return text.matches("[0-9]+");
    }

    /**
     * A table that is not asked for by a number may be a database as well: one that is dropped takes its tables along.
     */
    Optional<String> databaseName() {
        return table.filter(each -> !isNumber(each));
    }

    /** Whether the table is asked for by its OID, or its name is known; also if none is asked for. */
    public boolean isNamed(List<AtBackup> known) {
        return table.isEmpty()
                || isOid()
                || known.stream().anyMatch(each -> !in(each.names()).isEmpty());
    }

    /** The relations of the name that is asked for; none if it is an OID. */
    public List<Relation> in(RelationNames names) {
        return table.isEmpty() || isOid() ? List.of() : names.named(table.get());
    }

    /**
     * Whether a table that was created is the one that is asked for by its name. Its schema is not known.
     *
     * @param name as pg_class has it
     */
    boolean mayMean(String name) {
        return table.filter(each ->
                        !isNumber(each) && QualifiedName.parse(each).name().equals(name))
                .isPresent();
    }

    /** The database that the name of the table begins with, as SQL writes it; empty if it names none. */
    Optional<String> nameOfDatabase() {
        return table.filter(each -> !isNumber(each))
                .flatMap(each -> QualifiedName.parse(each).database())
                .map(KnownNames::quoted);
    }

    boolean isOid() {
        return table.filter(SearchQuestion::isNumber).isPresent();
    }
}
