// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;

/**
 * Facts about the pages of a checked segment. Immutable.
 *
 * @param walPageSizeBytes the size of a WAL page, usually 8192
 * @param firstTimeline the timeline on the first page: older than that of the name if a promotion took place in the
 *     segment or at its start
 * @param lastTimeline the timeline on the last page with content
 * @param endOfContent the end of the last page that belongs to the segment and is not all zero: the segment's end, or
 *     less after a switch or in a partial segment
 * @param leftoverPages the number of pages after the content that contain older WAL; more than 0 only in a partial
 *     segment
 */
public record WalSegmentContent(
        int postgresMajor,
        int walPageSizeBytes,
        Timeline firstTimeline,
        Timeline lastTimeline,
        Lsn endOfContent,
        int leftoverPages) {
    /**
     * Whether the last record before the zeros is certainly not a switch. Only a switch leaves zeros after it, so this
     * is then not a complete segment, whatever its name says. A standby with archive_mode = always archives such a file
     * when the timeline that it streams has ended.
     *
     * @param lastPage the page that ends at {@link #endOfContent}; all bytes after it are zero
     * @param first whether {@code lastPage} is the segment's first page
     */
    public boolean isCutOff(byte[] lastPage, boolean first) {
        return new WalTail(lastPage, first ? WalPageHeader.LONG_BYTES : WalPageHeader.SHORT_BYTES).isCutOff();
    }
}
