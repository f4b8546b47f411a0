// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import org.tidemark.core.Lsn;

/** What one page of a backup is worth. */
public sealed interface PageVerdict {
    /** Nothing is wrong with the page as far as it can be told. */
    enum Sound implements PageVerdict {
        /** The checksum matches. */
        CHECKED,
        /** All zero: the relation was extended, the page not used yet. */
        NEW,
        /** The cluster has no checksums; the header is sane. */
        UNCHECKED
    }

    /** The page is not what PostgreSQL wrote. {@code reason} is in lower case. */
    record Damaged(String reason) implements PageVerdict {}

    /**
     * The page may have been torn by a write while it was read; then WAL of the backup repairs it at replay.
     *
     * @param lsn the page's own LSN, as far as its bytes can be trusted
     */
    record Undecided(Lsn lsn, String reason) implements PageVerdict {
        /**
         * Decides when the backup's end is known: WAL that the backup replays cannot have brought the page to an LSN
         * behind {@code backupStop}.
         */
        public boolean isDamage(Lsn backupStop) {
            return lsn.isAfter(backupStop);
        }
    }
}
