// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.TimelineHistory.Switch;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;

/**
 * The timeline path of a recovery, and what it means for one requested segment. After a failed request for a child's
 * segment PostgreSQL asks for the parent's of the same place, and would replay what the abandoned primary wrote there
 * (XLogFileReadAnyTLI in src/backend/access/transam/xlogrecovery.c); so a parent's segment after the switch is not
 * delivered, whatever the archive holds. Immutable.
 *
 * <p>An ancestor that owns no part of the path may still have a copy of the segment in which the path leaves its
 * parent. Up to there it is the parent's content, and may be the only copy of it.
 *
 * @param history the target timeline, with its ancestors
 */
record TimelinePath(TimelineHistory history, WalSegmentSize size) {

    /** Which content answers a request for a segment. */
    sealed interface SegmentSource {
        /** The segment as the archive has it. */
        record AsArchived() implements SegmentSource {}

        /**
         * The segment in which the timeline ended: a child has its own copy of it, and only if no child's copy exists
         * may the parent's be used, with all bytes from {@code switchPoint} on zeroed.
         *
         * @param children the copies of the timelines that go on in this segment, nearest first
         */
        record EndsHere(Lsn switchPoint, List<Segment> children) implements SegmentSource {}

        /** WAL that this recovery must not see; to PostgreSQL it does not exist. */
        record OffThePath(String reason) implements SegmentSource {}
    }

    SegmentSource sourceOf(Segment segment) {
        Timeline asked = segment.timeline();
        Optional<Lsn> end = history.endOf(asked);
        if (end.isEmpty()) {
            return asked.equals(history.timeline())
                    ? beginning(segment)
                    : new SegmentSource.OffThePath(
                            "timeline " + asked + " is not on the way to timeline " + history.timeline());
        }
        Lsn switchPoint = end.get();
        if (!segment.start(size).isBefore(switchPoint)) {
            return new SegmentSource.OffThePath(
                    "timeline " + asked + " ended at " + switchPoint + " on the way to timeline " + history.timeline());
        }
        if (switchPoint.isBefore(segment.end(size))) {
            return new SegmentSource.EndsHere(switchPoint, childrenWithin(segment));
        }
        return beginning(segment);
    }

    /** A timeline's own files begin with the segment that contains its first byte; earlier ones are its parent's. */
    private SegmentSource beginning(Segment segment) {
        Lsn begin = beginOf(segment.timeline());
        return segment.end(size).isAfter(begin) || begin.value() == 0
                ? new SegmentSource.AsArchived()
                : new SegmentSource.OffThePath("timeline " + segment.timeline() + " began at " + begin);
    }

    private Lsn beginOf(Timeline timeline) {
        Lsn begin = new Lsn(0);
        for (Switch ancestor : history.switches()) {
            if (ancestor.parent().compareTo(timeline) < 0) {
                begin = ancestor.at();
            }
        }
        return begin;
    }

    private List<Segment> childrenWithin(Segment segment) {
        return later(segment.timeline())
                .filter(timeline -> size.segmentNumber(beginOf(timeline)) == segment.index(size))
                .map(segment::on)
                .toList();
    }

    /** Whether {@code timeline} began after the point where the path had left its parent for a later timeline. */
    boolean ownsNothing(Timeline timeline) {
        return history.endOf(timeline)
                .filter(end -> !beginOf(timeline).isBefore(end))
                .isPresent();
    }

    /** The timelines of this path after {@code timeline}, nearest first. */
    Stream<Timeline> later(Timeline timeline) {
        return Stream.concat(history.switches().stream().map(Switch::parent), Stream.of(history.timeline()))
                .filter(each -> each.compareTo(timeline) > 0);
    }
}
