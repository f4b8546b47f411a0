// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.util.ArrayList;
import java.util.List;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;

/**
 * The path through the timelines that ends on one of them: which timeline's segment is read at each place. A segment in
 * which a timeline ends is read from the child, which holds a copy of the parent's part; if the child has none, the
 * parent's will do up to the switch. Immutable.
 *
 * @see <a href="https://github.com/postgres/postgres/blob/master/src/backend/access/transam/xlogrecovery.c">
 *     XLogFileReadAnyTLI</a>
 */
record RecoveryPath(TimelineHistory history, WalSegmentSize size) {
    /**
     * The segments that one timeline gives.
     *
     * @param first its first segment, counted from 0/0
     * @param last its last segment; {@link Long#MAX_VALUE} for the timeline on which the path ends; before
     *     {@code first} if it gives none
     */
    record Stretch(Timeline timeline, long first, long last) {}

    Timeline timeline() {
        return history.timeline();
    }

    /** Whether the data of a backup can be brought further along this path. */
    boolean leadsOnFrom(BackupCandidate backup) {
        return history.passes(backup.timeline(), backup.stopLsn());
    }

    /** Oldest first; together they cover every segment once. */
    List<Stretch> stretches() {
        List<Stretch> stretches = new ArrayList<>();
        long first = 0;
        for (TimelineHistory.Switch ancestor : history.switches()) {
            long next = size.segmentNumber(endOf(ancestor));
            stretches.add(new Stretch(ancestor.parent(), first, next - 1));
            first = next;
        }
        stretches.add(new Stretch(history.timeline(), first, Long.MAX_VALUE));
        return stretches;
    }

    /** The segment at a place: of the timeline that owns its last byte. */
    Segment segment(long index) {
        Lsn lastByte = size.start(index).plus(size.bytes() - 1L);
        return Segment.of(history.ownerOf(lastByte), index, size);
    }

    /** The ancestors' segments that stand in for {@link #segment} where that is absent, the nearest ancestor first. */
    List<Segment> substitutes(long index) {
        Lsn start = size.start(index);
        Lsn end = start.plus(size.bytes());
        List<Segment> found = new ArrayList<>();
        for (TimelineHistory.Switch ancestor : history.switches().reversed()) {
            if (endOf(ancestor).isAfter(start) && endOf(ancestor).isBefore(end)) {
                found.add(Segment.of(ancestor.parent(), index, size));
            }
        }
        return found;
    }

    /** Positions in a history may fall: an ancestor ends where the first of the later ones does. */
    private Lsn endOf(TimelineHistory.Switch ancestor) {
        return history.endOf(ancestor.parent()).orElseThrow();
    }
}
