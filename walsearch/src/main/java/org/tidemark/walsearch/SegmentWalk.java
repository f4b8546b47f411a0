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
     * @return the segments before which something is missing or cannot be read: what happened there is not known
     */
    public static List<Segment> walk(
            List<Segment> segments, WalSegmentSize size, Reader reader, ChangeSearch.Progress progress)
            throws IOException {
        List<Segment> missing = new ArrayList<>();
        boolean isContinued = true;
        for (int place = 0; place < segments.size(); place++) {
            Segment segment = segments.get(place);
            Optional<Segment> next = place + 1 < segments.size()
                    ? Optional.of(segments.get(place + 1)).filter(each -> each.index(size) == segment.index(size) + 1)
                    : Optional.empty();
            Extent read = read(segment, next, reader);
            if (read == Extent.NOTHING || !isContinued) {
                missing.add(segment);
            }
            isContinued = read == Extent.WHOLE && next.isPresent();
            progress.read((place + 1L) * size.bytes(), (long) segments.size() * size.bytes());
        }
        return missing;
    }

    private static Extent read(Segment segment, Optional<Segment> next, Reader reader) throws IOException {
        try {
            return reader.read(segment, next);
        } catch (DamagedObjectException e) {
            return Extent.NOTHING;
        }
    }
}
