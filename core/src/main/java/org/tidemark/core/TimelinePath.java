// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.tidemark.core.TimelineHistory.Switch;
import org.tidemark.core.WalFile.Segment;

/**
 * The path through the timelines to the one that a recovery follows: which timeline's segment is read at each place,
 * and which segments must not be. A segment in which a timeline ends is read from the child, which holds a copy of the
 * parent's part; if the child has none, the parent's will do up to the switch. After a failed request for a child's
 * segment PostgreSQL asks for the parent's of the same place, and would replay what the abandoned primary wrote there;
 * so a parent's segment after the switch is not delivered, whatever the archive holds. Immutable.
 *
 * <p>An ancestor that owns no part of the path may still have a copy of the segment in which the path leaves its
 * parent. Up to there it is the parent's content, and may be the only copy of it.
 *
 * @param history the target timeline with its ancestors
 * @see <a href="https://github.com/postgres/postgres/blob/master/src/backend/access/transam/xlogrecovery.c">
 *     XLogFileReadAnyTLI</a>
 */
public record TimelinePath(TimelineHistory history, WalSegmentSize size) {
    /**
     * The segments that one timeline gives.
     *
     * @param first its first segment, counted from 0/0
     * @param last its last segment; {@link Long#MAX_VALUE} for the timeline on which the path ends; before
     *     {@code first} if it gives none
     */
    public record Stretch(Timeline timeline, long first, long last) {}

    /** The content that answers a request for a segment. */
    public sealed interface SegmentSource {
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

    public SegmentSource sourceOf(Segment segment) {
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
    public boolean ownsNothing(Timeline timeline) {
        return history.endOf(timeline)
                .filter(end -> !beginOf(timeline).isBefore(end))
                .isPresent();
    }

    /** The timelines of this path after {@code timeline}, nearest first. */
    public Stream<Timeline> later(Timeline timeline) {
        return Stream.concat(history.switches().stream().map(Switch::parent), Stream.of(history.timeline()))
                .filter(each -> each.compareTo(timeline) > 0);
    }

    public Timeline timeline() {
        return history.timeline();
    }

    /**
     * The stretch of WAL that each timeline of the path gives, oldest first; together they cover every segment once.
     */
    public List<Stretch> stretches() {
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

    /** The segment that recovery reads at a place: of the timeline that owns its last byte. */
    public Segment segment(long index) {
        Lsn lastByte = size.start(index).plus(size.bytes() - 1L);
        return Segment.of(history.ownerOf(lastByte), index, size);
    }

    /** The ancestors' segments that stand in for {@link #segment} where that is absent, the nearest ancestor first. */
    public List<Segment> substitutes(long index) {
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
