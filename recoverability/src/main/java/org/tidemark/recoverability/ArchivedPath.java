// SPDX-License-Identifier: Apache-2.0
package org.tidemark.recoverability;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.wal.ArchivedWal;
import org.tidemark.catalog.wal.TimelineWal;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.TimelinePath;
import org.tidemark.core.TimelinePath.Stretch;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;

/**
 * What is archived of a timeline's path. Immutable.
 *
 * @param segments in order, without those that are missing
 * @param backups on the path, in the order of their ends
 * @param others the timelines that are not on the path, or went on beside it
 */
public record ArchivedPath(
        WalSegmentSize size, List<Segment> segments, List<BackupCandidate> backups, List<Timeline> others) {
    /**
     * So many segments without a transaction are passed in the search for a time: those of a quiet server are small.
     */
    private static final int MOST_QUIET = 64;

    /** Within these, PostgreSQL usually writes which transactions run. */
    private static final int BEFORE = 4;

    public ArchivedPath {
        segments = List.copyOf(segments);
        backups = List.copyOf(backups);
        others = List.copyOf(others);
    }

    /** Tells when the last transaction of a segment ended; empty if none did, or the segment is missing. */
    @FunctionalInterface
    public interface Times {
        Optional<Instant> last(Segment segment) throws IOException;
    }

    /** All that is archived, with the partial segment at the end. */
    public static ArchivedPath of(CatalogSnapshot catalog, Timeline timeline) {
        ArchivedWal wal = catalog.wal();
        TimelineHistory history = catalog.history(timeline).orElse(TimelineHistory.root(timeline));
        TimelinePath path = new TimelinePath(history, wal.segmentSize());
        List<Segment> segments = new ArrayList<>();
        for (Stretch stretch : path.stretches()) {
            for (TimelineWal.Run run : wal.of(stretch.timeline()).runs(stretch.first(), stretch.last())) {
                for (long index = run.first(); index <= run.last(); index++) {
                    segments.add(Segment.of(stretch.timeline(), index, path.size()));
                }
            }
        }
        wal.lastPartial(timeline)
                .map(ArchivedWal.Partial::segment)
                .filter(partial -> segments.isEmpty()
                        || partial.index(path.size()) > segments.getLast().index(path.size()))
                .ifPresent(segments::add);
        return new ArchivedPath(
                path.size(),
                segments,
                catalog.backups().stream()
                        .filter(each -> history.passes(each.timeline(), each.stopLsn()))
                        .sorted(Comparator.comparing(BackupCandidate::stopLsn))
                        .toList(),
                catalog.timelines().stream()
                        .filter(each -> !history.includes(each)
                                || !new PathWal(path, wal).lastBeside(each, 1).isEmpty())
                        .toList());
    }

    /** The newest backup that had ended before the first segment begins; else the oldest one. */
    public Optional<BackupCandidate> backupBefore() {
        return backups.stream()
                .filter(each -> segments.isEmpty()
                        || !each.stopLsn().isAfter(segments.getFirst().start(size)))
                .reduce((_, later) -> later)
                .or(() -> backups.stream().findFirst());
    }

    /** When the newest of all transactions ended; empty if none did. */
    public Optional<Instant> newest(Times times) throws IOException {
        return newest(segments, times);
    }

    private static Optional<Instant> newest(List<Segment> segments, Times times) throws IOException {
        for (Segment each : segments.reversed()) {
            Optional<Instant> last = times.last(each);
            if (last.isPresent()) {
                return last;
            }
        }
        return Optional.empty();
    }

    /**
     * Those that may have transactions that ended in a span of time. On one timeline, transactions do not end in the
     * order of their times, but nearly, and those that ended first began before: some segments more are taken. The
     * server of the next timeline may have another clock.
     *
     * @param since empty: from the beginning
     * @param until empty: to the end
     */
    public ArchivedPath within(Optional<Instant> since, Optional<Instant> until, Times times) throws IOException {
        List<Part> parts = parts();
        int from = since.isEmpty() ? 0 : Math.max(0, first(since.get(), parts, times) - BEFORE);
        int to = until.isEmpty() ? segments.size() : Math.min(segments.size(), last(until.get(), parts, times) + 1);
        return new ArchivedPath(size, segments.subList(from, Math.max(from, to)), backups, others);
    }

    /** The segments of one timeline, by the places of the first one and of the one after the last. */
    private record Part(int begin, int end) {}

    private List<Part> parts() {
        List<Part> parts = new ArrayList<>();
        int begin = 0;
        for (int place = 1; place <= segments.size(); place++) {
            if (place == segments.size()
                    || !segments.get(place)
                            .timeline()
                            .equals(segments.get(begin).timeline())) {
                parts.add(new Part(begin, place));
                begin = place;
            }
        }
        return parts;
    }

    /** The place of the first segment with a transaction that ended then or later; their number if there is none. */
    private int first(Instant since, List<Part> parts, Times times) throws IOException {
        for (Part each : parts) {
            boolean isLast = each.end() == segments.size();
            if (isLast
                    || newest(segments.subList(each.begin(), each.end()), times)
                            .filter(newest -> !newest.isBefore(since))
                            .isPresent()) {
                return firstAfter(since, each, times, true);
            }
        }
        return segments.size();
    }

    /** The place of the segment at whose end no transaction is left that ended until then; their number at the most. */
    private int last(Instant until, List<Part> parts, Times times) throws IOException {
        for (Part each : parts.reversed()) {
            if (each.begin() == 0 || beginsBefore(until, each, times)) {
                return passed(firstAfter(until, each, times, false), times);
            }
        }
        return 0;
    }

    /** The place of the first segment from one on in which a transaction ended: before it, there may be quiet ones. */
    private int passed(int first, Times times) throws IOException {
        int place = first;
        while (place < segments.size() && times.last(segments.get(place)).isEmpty()) {
            place++;
        }
        return place;
    }

    private boolean beginsBefore(Instant until, Part part, Times times) throws IOException {
        for (int place = part.begin(); place < Math.min(part.end(), part.begin() + MOST_QUIET); place++) {
            Optional<Instant> last = times.last(segments.get(place));
            if (last.isPresent()) {
                return last.get().isBefore(until);
            }
        }
        return true;
    }

    /**
     * The place of the first segment of a timeline whose last transaction ended at a time or later; the end of the part
     * if there is none.
     */
    private int firstAfter(Instant time, Part part, Times times, boolean isQuietAfter) throws IOException {
        int low = part.begin();
        int high = part.end();
        while (low < high) {
            int middle = (low + high) >>> 1;
            int place = middle;
            Optional<Instant> last = times.last(segments.get(place));
            while (last.isEmpty() && place + 1 < high && place - middle < MOST_QUIET) {
                place++;
                last = times.last(segments.get(place));
            }
            if (last.map(each -> !each.isBefore(time)).orElse(isQuietAfter)) {
                high = middle;
            } else {
                low = place + 1;
            }
        }
        return low;
    }
}
