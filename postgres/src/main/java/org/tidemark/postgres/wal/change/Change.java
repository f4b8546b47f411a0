// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.wal.change;

import java.util.List;

/**
 * One kind of change that a transaction made to relations, a database or a tablespace. WAL names relations by OID and
 * files by number, and does not say which file is that of which OID: if a transaction made changes of several kinds,
 * each lists every OID and file that it may concern. Immutable.
 *
 * @param oids of the relations (also of toast tables and indexes, where they are known), of the database or of the
 *     tablespace
 * @param oldFiles which the transaction removed at its end
 * @param newFiles which the transaction made in their place; for {@link Kind#MASS_DELETE} and {@link Kind#MASS_UPDATE}
 *     the file of the rows
 * @param rows deleted or updated, for the two mass kinds; otherwise the number of rows that the transaction wrote into
 *     the new files
 * @param leavesEmpty whether nothing is in the new files of tables when the transaction ends, as far as WAL tells: the
 *     rows of unlogged tables are not in WAL
 * @param before the last moment at which a recovery that ends there still has what the change removed
 */
public record Change(
        Kind kind,
        List<Long> oids,
        List<RelFileLocator> oldFiles,
        List<RelFileLocator> newFiles,
        long rows,
        boolean leavesEmpty,
        Moment before) {
    public Change {
        oids = List.copyOf(oids);
        oldFiles = List.copyOf(oldFiles);
        newFiles = List.copyOf(newFiles);
    }

    /** The kinds of changes. */
    public enum Kind {
        /** A table, view, index, sequence or another relation that is older than the transaction was dropped. */
        DROP,
        /** Only temporary relations were dropped: also at the end of each session that used one. */
        TEMPORARY_DROP,
        /** A table was emptied by TRUNCATE; it may have been filled again in the same transaction. */
        TRUNCATE,
        /** A table has new files with the rows of the old ones: VACUUM FULL, CLUSTER, ALTER TYPE, SET LOGGED. */
        REWRITE,
        /** A relation has moved to another tablespace. */
        TABLESPACE_CHANGE,
        /** Indexes were built again, and nothing else. */
        REINDEX,
        /** {@link Change#before} is the only way back: PostgreSQL removes the directory before the commit. */
        DATABASE_DROP,
        /** The directory of a tablespace was removed. */
        TABLESPACE_DROP,
        MASS_DELETE,
        MASS_UPDATE
    }
}
