// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.backups;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.wal.WalInventory;
import org.tidemark.catalog.wal.WalInventory.TimelineInventory;
import org.tidemark.catalog.wal.WalInventory.WalRun;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.TimelinePath;
import org.tidemark.core.TimelinePath.Stretch;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalRange;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.recoverability.BackupCandidate;
import org.tidemark.recoverability.CatalogSnapshot;
import org.tidemark.recoverability.RecoverableIntervals;
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
        TimelinePath path, WalRange needed, Optional<BackupCandidate> next, Segment last, List<WalInventory> held) {
    public BackupWal {
        held = List.copyOf(held);
    }

    /** By the WAL of all repositories that were listed. */
    public static BackupWal of(BackupListing listing, BaseBackup backup) {
        WalSegmentSize size = backup.origin().walSegmentSize();
        List<WalInventory> held = new ArrayList<>();
        Optional<ClusterIdentity> identity = Optional.empty();
        for (var each : listing.inventories().entrySet()) {
            if (each.getKey().identity().system().equals(backup.origin().system())) {
                identity = Optional.of(each.getKey().identity());
                held.add(each.getValue());
            }
        }
        CatalogSnapshot catalog = listing.catalog(identity.orElseThrow());
        TimelinePath path = new TimelinePath(history(catalog, backup), size);
        long first = size.segmentNumber(backup.wal().start());
        Optional<BackupCandidate> next = catalog.backups().stream()
                .filter(each -> path.history().passes(each.timeline(), each.stopLsn())
                        && each.startLsn().isAfter(backup.wal().start()))
                .min(Comparator.comparing(BackupCandidate::startLsn));
        long end = next.map(each -> size.segmentNumber(each.startLsn()) - 1).orElseGet(() -> lastArchived(path, held));
        long needed = backup.walLast().index(size);
        return new BackupWal(path, backup.wal(), next, path.segment(Math.max(Math.max(first, needed), end)), held);
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

    private static long lastArchived(TimelinePath path, List<WalInventory> held) {
        long last = 0;
        for (Stretch stretch : path.stretches()) {
            for (WalRun run : runs(held, stretch.timeline())) {
                long from = run.first().index(path.size());
                if (from <= stretch.last()) {
                    last = Math.max(last, Math.min(stretch.last(), run.last().index(path.size())));
                }
            }
        }
        return last;
    }

    private static List<WalRun> runs(List<WalInventory> held, Timeline timeline) {
        return held.stream()
                .flatMap(each -> each.timeline(timeline).stream())
                .map(TimelineInventory::runs)
                .flatMap(List::stream)
                .toList();
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
        return held.stream().anyMatch(each -> each.contains(segment));
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
            long next = begin;
            for (WalRun run : runs(held, stretch.timeline()).stream()
                    .sorted(Comparator.comparing(WalRun::first))
                    .toList()) {
                long first = Math.max(next, run.first().index(path.size()));
                long count = Math.min(end, run.last().index(path.size())) - first + 1;
                if (count > 0) {
                    archived += count;
                    bytes += run.storedBytes() / run.count() * count;
                    next = first + count;
                }
            }
        }
        return new Amount(to - from + 1, to - from + 1 - archived, bytes);
    }
}
