// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.receive;

import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.wal.WalArchive;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.TimelineHistory.Switch;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;

/** Up to where a repository holds the WAL of a timeline path. Asks for few listings, however much is archived. */
public record ArchivedWal(WalArchive archive, StartPlan plan) {
    /** The segments before a partial one that are looked at; of those that are missing, none is stored. */
    private static final int BEFORE_A_PARTIAL = 16;

    /**
     * The position that is needed next; empty if no WAL of the path is archived. Segments missing before {@code from}
     * do not matter.
     *
     * @param from what this host needs next; empty if it holds nothing
     */
    public Optional<WalPosition> next(Optional<WalPosition> from) throws IOException {
        return from.isPresent() && plan.path().includes(from.get().timeline())
                ? Optional.of(gaplessFrom(plan.onPath(from.get())))
                : newest();
    }

    private WalPosition gaplessFrom(WalPosition from) throws IOException {
        WalPosition next = from;
        while (true) {
            Segment first = next.segment(size());
            Optional<Segment> last = last(next.timeline());
            if (last.isEmpty() || last.get().compareTo(first) < 0) {
                return next;
            }
            Optional<Segment> missing = archive.listing().firstMissing(first, last.get());
            WalPosition reached = missing.isPresent()
                    ? WalPosition.startOf(missing.get(), size())
                    : WalPosition.endOf(last.get(), size());
            Optional<Lsn> end = plan.path().endOf(next.timeline());
            WalPosition afterEnd = end.map(plan::afterEnd).orElse(reached);
            if (end.isEmpty() || reached.at().isBefore(afterEnd.at())) {
                return reached;
            }
            next = afterEnd;
        }
    }

    private Optional<WalPosition> newest() throws IOException {
        TimelineHistory path = plan.path();
        Timeline timeline = path.timeline();
        List<Switch> older = path.switches().reversed();
        for (int i = 0; ; i++) {
            Optional<Segment> last = last(timeline);
            if (last.isPresent() || i == older.size()) {
                return last.map(segment -> plan.onPath(WalPosition.endOf(segment, size())));
            }
            timeline = older.get(i).parent();
        }
    }

    /** The last whole segment of a timeline that is archived, of those that the server can have. */
    private Optional<Segment> last(Timeline timeline) throws IOException {
        Lsn end = plan.path().endOf(timeline).orElse(plan.flushed());
        Optional<Long> last = LastIndex.search(
                size().segmentNumber(end),
                after -> archive.listing()
                        .firstAfter(Segment.of(timeline, after, size()))
                        .map(found -> found.index(size())));
        for (int i = 0; last.isPresent() && i < BEFORE_A_PARTIAL && i < last.get(); i++) {
            Segment segment = Segment.of(timeline, last.get() - i, size());
            if (archive.contains(segment)) {
                return Optional.of(segment);
            }
        }
        return Optional.empty();
    }

    private WalSegmentSize size() {
        return plan.size();
    }

    /**
     * The position that is needed next if several repositories must hold each segment: the last one up to which enough
     * of them hold the WAL. A repository without any WAL of the path is new: what it lacks, sync copies.
     *
     * @param each what each of those that answered needs next
     * @param needed how many must hold a segment
     */
    public static Optional<WalPosition> heldBy(int needed, List<Optional<WalPosition>> each) {
        List<WalPosition> held = each.stream()
                .flatMap(Optional::stream)
                .sorted(Comparator.reverseOrder())
                .toList();
        return held.isEmpty() ? Optional.empty() : Optional.of(held.get(Math.min(needed, held.size()) - 1));
    }

    /** Finds the highest index in a set of which only "the next one after this" can be asked. */
    static final class LastIndex {
        private LastIndex() {}

        /** The lowest index above another one. */
        @FunctionalInterface
        interface After {
            Optional<Long> after(long index) throws IOException;
        }

        /**
         * The highest index from 1 to {@code limit}. Asks about twice as often as the distance of it from the limit has
         * binary digits.
         */
        static Optional<Long> search(long limit, After set) throws IOException {
            long above = limit; // no index is higher
            Optional<Long> found = Optional.empty();
            for (long step = 1; found.isEmpty(); step *= 2) {
                long from = Math.max(0, limit - step);
                found = set.after(from).filter(index -> index <= limit);
                if (found.isEmpty()) {
                    above = from;
                    if (from == 0) {
                        return found;
                    }
                }
            }
            long highest = found.get();
            while (highest < above) {
                long middle = highest + (above - highest) / 2;
                Optional<Long> next = set.after(middle).filter(index -> index <= limit);
                if (next.isPresent()) {
                    highest = next.get();
                } else {
                    above = middle;
                }
            }
            return Optional.of(highest);
        }
    }
}
