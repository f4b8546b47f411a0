// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.wal.change;

/**
 * The files of a relation, as src/include/storage/relfilelocator.h names them: they change when the relation is
 * truncated or rewritten, its OID does not. Immutable.
 *
 * @param tablespace OID
 * @param database OID; 0 for a shared relation
 * @param number of the file, to be compared with pg_class.relfilenode
 */
public record RelFileLocator(long tablespace, long database, long number) {
    /** FirstNormalObjectId of src/include/access/transam.h: initdb has used the numbers before it. */
    static final long FIRST_NORMAL = 16384;

    /**
     * Whether initdb made the file. A system catalog that VACUUM FULL has rewritten has a file number like any other
     * relation.
     */
    public boolean isSystem() {
        return number < FIRST_NORMAL;
    }

    RelFileLocator(int tablespace, int database, int number) {
        this(Integer.toUnsignedLong(tablespace), Integer.toUnsignedLong(database), Integer.toUnsignedLong(number));
    }

    // Written out: one is looked up for each row.
    @Override
    public int hashCode() {
        return (int) ((number * 31 + database) * 31 + tablespace) * 0x9E3779B9;
    }

    /** Such as {@code 1663/5/16384}. */
    @Override
    public String toString() {
        return tablespace + "/" + database + "/" + number;
    }
}
