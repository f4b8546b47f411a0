// SPDX-License-Identifier: Apache-2.0
package org.tidemark.recoverability;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.wal.ArchivedWal;
import org.tidemark.catalog.wal.TimelineWal;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.TimelinePath;
import org.tidemark.core.TimelinePath.Stretch;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalRange;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.recoverability.RecoverableIntervals.Interval;

/**
 * The WAL that a recovery reads after a backup, along its timeline path: first what the backup needs to be consistent,
 * then what leads to the next backup, or to the end of the archive. Immutable.
 *
 * @param path to the timeline that `recover` follows, if the backup is on it; else to another that continues the backup
 * @param next the following backup on this path
 * @param last the last segment before that of the next backup, or the last archived one; at least the last one needed
 */
public record BackupWal(
        TimelinePath path, WalRange needed, Optional<BackupCandidate> next, Segment last, ArchivedWal wal) {

    /** By the WAL of all repositories that were listed. */
    public static BackupWal of(CatalogSnapshot catalog, BaseBackup backup) {
        WalSegmentSize size = backup.origin().walSegmentSize();
        TimelinePath path = new TimelinePath(history(catalog, backup), size);
        long first = size.segmentNumber(backup.wal().start());
        Optional<BackupCandidate> next = catalog.backups().stream()
                .filter(each -> path.history().passes(each.timeline(), each.stopLsn())
                        && each.startLsn().isAfter(backup.wal().start()))
                .min(Comparator.comparing(BackupCandidate::startLsn));
        long end = next.map(each -> size.segmentNumber(each.startLsn()) - 1)
                .orElseGet(() -> lastArchived(path, catalog.wal()));
        long needed = backup.walLast().index(size);
        return new BackupWal(
                path, backup.wal(), next, path.segment(Math.max(Math.max(first, needed), end)), catalog.wal());
    }

    private static TimelineHistory history(CatalogSnapshot catalog, BaseBackup backup) {
        RecoverableIntervals recoverable = RecoverableIntervals.of(catalog);
        Map<Timeline, TimelineHistory> known = catalog.histories();
        return Stream.concat(
                        recoverable.latest().stream(),
                        recoverable.intervals().stream().map(Interval::timeline))
                .map(timeline -> known.getOrDefault(timeline, TimelineHistory.root(timeline)))
                .filter(history ->
                        history.passes(backup.wal().timeline(), backup.wal().stop()))
                .findFirst()
                .orElseGet(() -> known.getOrDefault(
                        backup.wal().timeline(),
                        TimelineHistory.root(backup.wal().timeline())));
    }

    private static long lastArchived(TimelinePath path, ArchivedWal wal) {
        return path.stretches().stream()
                .flatMapToLong(each -> wal.of(each.timeline()).last(each.first(), each.last()).stream())
                .max()
                .orElse(0);
    }

    /** Without these the backup is not consistent. */
    public Stream<Segment> standalone() {
        return needed.segments(path.size());
    }

    /** All of them: those that the backup needs, and those up to the next one. */
    public Stream<Segment> full() {
        return LongStream.rangeClosed(needed.first(path.size()).index(path.size()), last.index(path.size()))
                .mapToObj(path::segment);
    }

    public boolean isArchived(Segment segment) {
        return wal.of(segment.timeline()).contains(segment.index(path.size()));
    }

    /**
     * How much of it is archived.
     *
     * @param segments how many there are
     * @param missing how many of them no repository has
     * @param storedBytes about the length of the others' objects, once each
     */
    public record Amount(long segments, long missing, long storedBytes) {}

    /** Of {@link #full}; takes as many steps as there are runs of segments, and not as there are segments. */
    public Amount amount() {
        long from = needed.first(path.size()).index(path.size());
        long to = last.index(path.size());
        long archived = 0;
        long bytes = 0;
        for (Stretch stretch : path.stretches()) {
            long begin = Math.max(from, stretch.first());
            long end = Math.min(to, stretch.last());
            for (TimelineWal.Run run : begin > end
                    ? List.<TimelineWal.Run>of()
                    : wal.of(stretch.timeline()).runs(begin, end)) {
                archived += run.count();
                bytes += run.bytes();
            }
        }
        return new Amount(to - from + 1, to - from + 1 - archived, bytes);
    }
}
