// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.names;

import java.util.Arrays;
import java.util.Optional;

/**
 * A relation of one database, as its row of pg_class describes it: src/include/catalog/pg_class.h. Immutable.
 *
 * @param database the OID of the database in whose pg_class it is; each database has the shared relations
 * @param schema empty if its row of pg_namespace was not found
 * @param tablespace the OID; never 0, because the default tablespace of the database is filled in
 * @param file the number with which the names of its files begin; 0 if it has no files, or if the number is unknown
 * @param pages relpages, an estimate
 * @param tuples reltuples, an estimate; -1 if unknown, before PostgreSQL 14 also 0
 * @param table the OID of the table to which a TOAST table or the index of a TOAST table belongs, otherwise 0
 * @param isCertain false if the files of the cluster contradict each other about it, or do not tell whether the
 *     transaction that created, changed or dropped it has committed
 */
public record Relation(
        long database,
        long oid,
        Optional<String> schema,
        String name,
        Kind kind,
        Persistence persistence,
        long tablespace,
        long file,
        long pages,
        float tuples,
        long table,
        boolean isCertain) {
    /** The kinds of relkind. */
    public enum Kind {
        TABLE('r', true),
        INDEX('i', true),
        SEQUENCE('S', true),
        TOAST_TABLE('t', true),
        VIEW('v', false),
        MATERIALIZED_VIEW('m', true),
        COMPOSITE_TYPE('c', false),
        FOREIGN_TABLE('f', false),
        PARTITIONED_TABLE('p', false),
        PARTITIONED_INDEX('I', false);

        private final char code;
        private final boolean hasFiles;

        Kind(char code, boolean hasFiles) {
            this.code = code;
            this.hasFiles = hasFiles;
        }

        /** The letter in pg_class. */
        public char code() {
            return code;
        }

        /** Whether such a relation has files: RELKIND_HAS_STORAGE of pg_class.h. */
        public boolean hasFiles() {
            return hasFiles;
        }

        static Optional<Kind> of(char code) {
            return Arrays.stream(values()).filter(each -> each.code == code).findFirst();
        }
    }

    /** The values of relpersistence. */
    public enum Persistence {
        PERMANENT('p'),
        UNLOGGED('u'),
        TEMPORARY('t');

        private final char code;

        Persistence(char code) {
            this.code = code;
        }

        /** The letter in pg_class. */
        public char code() {
            return code;
        }

        static Optional<Persistence> of(char code) {
            return Arrays.stream(values()).filter(each -> each.code == code).findFirst();
        }
    }

    /** The OID of pg_global, where shared relations are. */
    static final long SHARED = 1664;

    /** The database in the path of its files: 0 for a shared relation. */
    long databaseOfFile() {
        return tablespace == SHARED ? 0 : database;
    }
}
