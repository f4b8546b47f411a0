// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;

/**
 * The result of a complete base backup. A restore also needs the WAL from start to end. Immutable.
 *
 * @param endTimeline differs from the timeline of the start if the backed-up standby followed a promotion
 * @param checksums the result of the server's verification of page checksums; each failure was also a warning
 */
public record BaseBackupResult(
        Lsn start, Timeline startTimeline, Lsn end, Timeline endTimeline, ServerChecksums checksums) {
    /** The server's result of the page checksum verification. */
    public enum ServerChecksums {
        /** The server reported no failure; it verifies nothing if checksums are disabled. */
        NO_FAILURE,
        /** At least one page of the cluster is damaged (SQLSTATE XX001); the server still sent all data. */
        FAILURE
    }
}
