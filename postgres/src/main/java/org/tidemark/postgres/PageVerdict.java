// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import org.tidemark.core.Lsn;

/** The result of the check of one page of a backup. */
public sealed interface PageVerdict {
    /** The check found no damage. */
    enum Sound implements PageVerdict {
        /** The checksum matches. */
        CHECKED,
        /** The page is all zeros: PostgreSQL extended the relation and has not used the page yet. */
        NEW,
        /** The cluster has no checksums; the page header is valid. */
        UNCHECKED
    }

    /** The page differs from what PostgreSQL wrote. {@code reason} is in lower case. */
    record Damaged(String reason) implements PageVerdict {}

    /**
     * The page may be torn, because the server wrote it while the backup read it. Replay of the backup's WAL then
     * repairs the page.
     *
     * @param lsn the page's LSN, which may be wrong if the page is damaged
     */
    record Undecided(Lsn lsn, String reason) implements PageVerdict {
        /**
         * Decides whether the page is damaged, when the backup's end is known. WAL of the backup cannot set the page's
         * LSN to a position after {@code backupStop}.
         */
        public boolean isDamage(Lsn backupStop) {
            return lsn.isAfter(backupStop);
        }
    }
}
