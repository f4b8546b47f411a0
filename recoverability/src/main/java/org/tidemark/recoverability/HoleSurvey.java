// SPDX-License-Identifier: Apache-2.0
package org.tidemark.recoverability;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.LongStream;
import org.tidemark.catalog.wal.WalInventory.WalHole;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.TimelinePath;
import org.tidemark.core.WalSegmentSize;

/** What missing segments cost the recoveries that a catalog allows; there may be very many of them. Immutable. */
public final class HoleSurvey {
    private final CatalogSnapshot catalog;
    private final WalSegmentSize size;
    private final List<PathWithBackups> paths;
    private final Optional<PathWithBackups> newest;

    /**
     * A path on which there are backups.
     *
     * @param first the segment with which the first of them begins, counted from 0/0
     * @param lastSound the one with which the last of those begins that are not damaged
     */
    private record PathWithBackups(TimelinePath path, OptionalLong first, OptionalLong lastSound) {
        boolean leadsAcross(WalHole hole) {
            return path.segment(hole.first().index(path.size())).timeline().equals(hole.timeline());
        }
    }

    public HoleSurvey(CatalogSnapshot catalog) {
        this.catalog = catalog;
        this.size = catalog.wal().segmentSize();
        this.paths = catalog.timelines().stream().map(this::path).toList();
        this.newest = catalog.wal().timelines().stream()
                .filter(timeline -> !catalog.wal().of(timeline).isEmpty())
                .reduce((older, newer) -> newer)
                .map(this::path);
    }

    /** Without its history, only the timeline itself is known of a path. */
    private PathWithBackups path(Timeline timeline) {
        TimelinePath path =
                new TimelinePath(catalog.history(timeline).orElseGet(() -> TimelineHistory.root(timeline)), size);
        List<BackupCandidate> onPath =
                catalog.backups().stream().filter(backup -> backup.isOn(path)).toList();
        return new PathWithBackups(
                path,
                starts(onPath).min(),
                starts(onPath.stream().filter(each -> !each.isDamaged()).toList())
                        .max());
    }

    private LongStream starts(List<BackupCandidate> backups) {
        return backups.stream().mapToLong(backup -> size.segmentNumber(backup.startLsn()));
    }

    /** Whether a recovery from one of the backups ends at these segments. */
    public boolean stopsARecovery(WalHole hole) {
        return paths.stream()
                .anyMatch(each ->
                        each.first().orElse(Long.MAX_VALUE) <= hole.last().index(size) && each.leadsAcross(hole));
    }

    /** Whether nothing of the newest WAL can be restored: no sound backup follows these segments on the path to it. */
    public boolean cutsOffTheNewest(WalHole hole) {
        return newest.filter(path -> path.leadsAcross(hole)
                        && path.lastSound().orElse(-1) <= hole.last().index(size))
                .isPresent();
    }
}
