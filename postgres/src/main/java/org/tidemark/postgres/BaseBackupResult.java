// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;

/**
 * A base backup that arrived whole. It can be restored once the WAL from start to end is at hand. Immutable.
 *
 * @param endTimeline differs from the start's where a standby followed a promotion meanwhile
 * @param checksums what the server's own verification of page checksums found; each failure came as a warning
 */
public record BaseBackupResult(
        Lsn start, Timeline startTimeline, Lsn end, Timeline endTimeline, ServerChecksums checksums) {
    /** The server's verdict at the end of a base backup. */
    public enum ServerChecksums {
        /** The server reported none; it also does not verify where checksums are off. */
        NO_FAILURE,
        /** At least one page of the cluster is damaged (SQLSTATE XX001); all data were sent nevertheless. */
        FAILURE
    }
}
