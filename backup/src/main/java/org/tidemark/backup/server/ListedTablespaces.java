// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.server;

import java.util.Map;
import java.util.Set;

/**
 * What PostgreSQL's catalogs say of the tablespaces outside of the data directory. Immutable.
 *
 * @param names by OID
 * @param defaults those in which a database has its own directory
 * @param databases the names of all databases by OID
 * @param relations the files of some relations, of each database in each tablespace
 * @param unasked why a database did not say what it has in tablespaces, by its name
 */
public record ListedTablespaces(
        Map<Long, String> names,
        Set<Long> defaults,
        Map<Long, String> databases,
        Set<RelationOfTablespace> relations,
        Map<String, String> unasked) {
    /**
     * The file of a relation. Immutable.
     *
     * @param tablespace its OID
     * @param database its OID
     * @param number of the file; that of an unlogged relation is not in a backup, but its initialization fork is
     */
    public record RelationOfTablespace(long tablespace, long database, long number) {
        /** The database and the tablespace, without the relation. */
        public DatabaseOfTablespace inDatabase() {
            return new DatabaseOfTablespace(tablespace, database);
        }
    }

    /** A database that has something in a tablespace. Immutable. */
    public record DatabaseOfTablespace(long tablespace, long database) {}

    /** There are none. */
    public static final ListedTablespaces NONE =
            new ListedTablespaces(Map.of(), Set.of(), Map.of(), Set.of(), Map.of());

    public ListedTablespaces {
        names = Map.copyOf(names);
        defaults = Set.copyOf(defaults);
        databases = Map.copyOf(databases);
        relations = Set.copyOf(relations);
        unasked = Map.copyOf(unasked);
    }

    /** Whether a database that was asked has something in a tablespace. */
    boolean isUsed(long tablespace) {
        return defaults.contains(tablespace) || relations.stream().anyMatch(each -> each.tablespace() == tablespace);
    }

    String database(long oid) {
        return databases.getOrDefault(oid, String.valueOf(oid));
    }
}
