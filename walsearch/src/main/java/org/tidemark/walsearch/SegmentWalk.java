// SPDX-License-Identifier: Apache-2.0
package org.tidemark.walsearch;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.wal.change.TransactionFollower.SegmentRead;

/** Reads the segments of a path in its order, and tells where something is missing. */
public final class SegmentWalk {
    private SegmentWalk() {}

    /** How much of a segment was read. */
    public enum Extent {
        WHOLE,
        /** What follows is not what was cut off. */
        BEGINNING,
        /** It is not archived any more, or damaged. */
        NOTHING
    }

    /** Reads one segment. */
    @FunctionalInterface
    public interface Reader {
        /**
         * Is called once for each.
         *
         * @param next the one that continues it; empty if that is missing
         * @throws DamagedObjectException is {@link Extent#NOTHING}
         */
        Extent read(Segment segment, Optional<Segment> next) throws IOException;
    }

    /** The extent of a reading by records; empty where there was nothing to read. */
    public static Extent extent(Optional<SegmentRead> read) {
        return read.map(each -> each.isWhole() ? Extent.WHOLE : Extent.BEGINNING)
                .orElse(Extent.NOTHING);
    }

    /**
     * Reads all of them.
     *
     * @return what between them is missing or cannot be read, in order
     */
    public static List<UnreadWal> walk(
            List<Segment> segments, WalSegmentSize size, Reader reader, ChangeSearch.Progress progress)
            throws IOException {
        List<UnreadWal> unread = new ArrayList<>();
        boolean isContinued = true;
        boolean isRead = true;
        for (int place = 0; place < segments.size(); place++) {
            Segment segment = segments.get(place);
            Optional<Segment> next = place + 1 < segments.size()
                    ? Optional.of(segments.get(place + 1)).filter(each -> each.index(size) == segment.index(size) + 1)
                    : Optional.empty();
            Extent read = read(segment, next, reader);
            if (!isContinued) {
                Segment previous = segments.get(place - 1);
                if (previous.index(size) + 1 < segment.index(size)) {
                    add(
                            unread,
                            Segment.of(segment.timeline(), previous.index(size) + 1, size),
                            Segment.of(segment.timeline(), segment.index(size) - 1, size),
                            false,
                            size);
                } else if (isRead) {
                    add(unread, previous, previous, true, size);
                }
            }
            isRead = read != Extent.NOTHING;
            if (!isRead) {
                add(unread, segment, segment, false, size);
            } else if (!isContinued) {
                unread.replaceAll(each -> each.next().isPresent() ? each : each.before(segment));
            }
            isContinued = read == Extent.WHOLE && next.isPresent();
            progress.read((place + 1L) * size.bytes(), (long) segments.size() * size.bytes());
        }
        return unread;
    }

    /** What follows the last one is one with it. */
    private static void add(List<UnreadWal> unread, Segment first, Segment last, boolean isEnd, WalSegmentSize size) {
        boolean isOne = !unread.isEmpty()
                && unread.getLast().next().isEmpty()
                && unread.getLast().last().next(size).equals(first);
        unread.add(new UnreadWal(isOne ? unread.removeLast().first() : first, last, isEnd));
    }

    private static Extent read(Segment segment, Optional<Segment> next, Reader reader) throws IOException {
        try {
            return reader.read(segment, next);
        } catch (DamagedObjectException e) {
            return Extent.NOTHING;
        }
    }
}
