// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.wal.change;

/**
 * The rows that a transaction wrote into one file of a relation, also those that it deleted again. Immutable.
 *
 * @param updated also by updates within a page (HOT)
 * @param deleted not by updates
 * @param bytes of WAL that these rows took, with page images
 */
public record RowCounts(long inserted, long updated, long deleted, long bytes) {
    static final RowCounts NONE = new RowCounts(0, 0, 0, 0);
}
