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
        for (Segment each : segments.reversed()) {
            Optional<Instant> last = times.last(each);
            if (last.isPresent()) {
                return last;
            }
        }
        return Optional.empty();
    }

    /**
     * Those that may have transactions that ended in a span of time. Transactions do not end in the order of their
     * times, but nearly, and those that ended first began before: some segments more are taken.
     *
     * @param since empty: from the beginning
     * @param until empty: to the end
     */
    public ArchivedPath within(Optional<Instant> since, Optional<Instant> until, Times times) throws IOException {
        int from = since.isEmpty() ? 0 : Math.max(0, firstAfter(since.get(), times, true) - BEFORE);
        int to = until.isEmpty()
                ? segments.size()
                : Math.min(segments.size(), firstAfter(until.get(), times, false) + 1);
        return new ArchivedPath(size, segments.subList(from, Math.max(from, to)), backups, others);
    }

    /**
     * The place of the first segment whose last transaction ended at a time or later; their number if there is none.
     */
    private int firstAfter(Instant time, Times times, boolean isQuietAfter) throws IOException {
        int low = 0;
        int high = segments.size();
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
