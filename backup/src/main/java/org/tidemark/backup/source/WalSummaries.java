// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.source;

import java.util.Map;
import java.util.Optional;
import org.tidemark.core.Lsn;

/**
 * What PostgreSQL's summaries of its WAL say of tables and indexes that became shorter.
 *
 * <p>PostgreSQL does not always send all pages that have changed in such a relation (seen in 17.11 and 18.6;
 * src/backend/backup/basebackup_incremental.c):
 *
 * <ul>
 *   <li>It merges the summaries in the order in which their directory lists them. Where a relation became shorter, it
 *       drops the pages beyond from what it has merged so far, and with them those that were written later, if the
 *       summary that has them came first.
 *   <li>A relation that grows again by several pages at once may have pages beyond the old end that are not used yet:
 *       they are zero, are in no WAL record, and are not sent, as if they were what the earlier backup has there.
 * </ul>
 *
 * So a file of such a relation is to be sent whole, or the earlier backup's pages beyond the shortest length are not to
 * be taken.
 */
public interface WalSummaries {
    /**
     * The relations that became shorter.
     *
     * @param until the end of the last summary that was read
     * @param shortest the smallest number of pages of each, by {@link org.tidemark.postgres.RelationFile#relation}
     */
    record Truncations(Lsn until, Map<String, Long> shortest) {
        public Truncations {
            shortest = Map.copyOf(shortest);
        }
    }

    /**
     * Reads all summaries of WAL after a position. Those that became empty are left out: they are always sent whole.
     * Empty if the server could not be asked.
     */
    Optional<Truncations> truncationsAfter(Lsn from);

    /**
     * Whether a relation became shorter after a position, and was written beyond that end in a later summary. Empty if
     * the server could not be asked.
     */
    Optional<Boolean> isRegrownAfter(Lsn from);
}
