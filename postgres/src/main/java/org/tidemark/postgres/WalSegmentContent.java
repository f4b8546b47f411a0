// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;

/**
 * What the pages of a checked segment say. Immutable.
 *
 * @param walPageSizeBytes the size of a WAL page, 8192 as a rule
 * @param firstTimeline the timeline on the first page: older than the name's if a promotion lies in the segment or
 *     behind its start
 * @param lastTimeline the timeline on the last page with content
 * @param endOfContent the end of the last page that belongs to the segment and is not all zero: the segment's end, or
 *     less after a switch or in a partial segment
 * @param leftoverPages pages behind the content that hold older WAL; more than 0 only in a partial segment
 */
public record WalSegmentContent(
        int postgresMajor,
        int walPageSizeBytes,
        Timeline firstTimeline,
        Timeline lastTimeline,
        Lsn endOfContent,
        int leftoverPages) {
    /**
     * Whether the records on the last page with content end, for certain, with another one than a switch, which alone
     * leaves zeros behind it: then this is no whole segment, whatever its name. A standby with archive_mode = always
     * hands one over where the timeline that it streams has ended.
     *
     * @param lastPage the page that ends at {@link #endOfContent}, behind which all is zero
     * @param first whether it is the segment's first page
     */
    public boolean isCutOff(byte[] lastPage, boolean first) {
        return new WalTail(lastPage, first ? WalPageHeader.LONG_BYTES : WalPageHeader.SHORT_BYTES).isCutOff();
    }
}
