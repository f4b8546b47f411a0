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
        int leftoverPages) {}
