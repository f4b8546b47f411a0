// SPDX-License-Identifier: Apache-2.0
package org.tidemark.walsearch;

import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.tidemark.postgres.wal.change.Change.Kind;
import org.tidemark.walsearch.KnownNames.AtBackup;

/**
 * What is looked for in WAL. Immutable.
 *
 * @param table its name as in SQL, or its OID; empty: all
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

    public SearchQuestion {
        kinds = Set.copyOf(kinds);
    }

    /** Whether the table is asked for by its OID, or its name is known; also if none is asked for. */
    public boolean isNamed(List<AtBackup> known) {
        return table.isEmpty()
                || isOid()
                || !new KnownNames(known).named(table.get()).isEmpty();
    }

    boolean isOid() {
        return table.filter(each -> each.matches("[0-9]{1,10}")).isPresent();
    }
}
