// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.verify;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.verify.VerifyReport;
import org.tidemark.catalog.wal.WalInventory;
import org.tidemark.catalog.wal.WalInventory.WalHole;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalSegmentSize;

/**
 * The WAL of one incarnation in one repository: whether it is complete on every timeline path, whether the histories
 * are there, and whether every file is what was archived. WAL that an expiry removed is not missing. Immutable.
 *
 * @param read what was read of it
 * @param gaps in order of position
 * @param histories those without which archived WAL cannot be used
 */
public record WalReport(
        ClusterIdentity identity,
        VerifyReport read,
        WalInventory inventory,
        List<Gap> gaps,
        List<UnusableHistory> histories) {
    public WalReport {
        gaps = List.copyOf(gaps);
        histories = List.copyOf(histories);
    }

    /**
     * Segments that are missing. Immutable.
     *
     * @param neededBy backups that cannot be made consistent without them
     * @param costsMoments whether moments are lost without them
     */
    public record Gap(WalHole hole, List<BackupId> neededBy, boolean costsMoments) {
        public Gap {
            neededBy = List.copyOf(neededBy);
        }

        public boolean isProblem() {
            return costsMoments || !neededBy.isEmpty();
        }
    }

    /** A timeline that cannot be followed; {@code problem} says why. Immutable. */
    public record UnusableHistory(Timeline timeline, String problem) {}

    /** A report before it is known which moments are lost. */
    static WalReport of(ClusterIdentity identity, VerifyReport read, WalInventory inventory, List<BaseBackup> backups) {
        List<Gap> gaps = holes(inventory, backups, identity.walSegmentSize()).stream()
                .map(hole -> new Gap(
                        hole,
                        backups.stream()
                                .filter(backup -> hole.overlaps(backup.walFirst(), backup.walLast()))
                                .map(BaseBackup::id)
                                .toList(),
                        false))
                .toList();
        return new WalReport(identity, read, inventory, gaps, unusable(inventory));
    }

    /** The same report, which says of each gap whether moments are lost through it. */
    WalReport with(List<Loss> losses) {
        Set<WalHole> costly = losses.stream()
                .filter(loss -> loss.incarnation().equals(identity.keys()))
                .flatMap(loss -> loss.holes().stream())
                .collect(Collectors.toSet());
        return new WalReport(
                identity,
                read,
                inventory,
                gaps.stream()
                        .map(gap -> new Gap(gap.hole(), gap.neededBy(), costly.contains(gap.hole())))
                        .toList(),
                histories);
    }

    public long problems() {
        return read.problems() + gaps.stream().filter(Gap::isProblem).count() + histories.size();
    }

    List<WalHole> holes() {
        return gaps.stream().map(Gap::hole).toList();
    }

    /** Those between archived segments, and what backups need before the first and after the last of them. */
    private static List<WalHole> holes(WalInventory inventory, List<BaseBackup> backups, WalSegmentSize size) {
        List<WalHole> holes = new ArrayList<>(inventory.holes());
        for (BaseBackup backup : backups) {
            backup.wal()
                    .segments(size)
                    .filter(segment -> !inventory.contains(segment)
                            && holes.stream().noneMatch(hole -> hole.overlaps(segment, segment)))
                    .map(segment -> new WalHole(segment, segment, 1))
                    .forEach(holes::add);
        }
        holes.sort(null);
        return holes;
    }

    private static List<UnusableHistory> unusable(WalInventory inventory) {
        return inventory.timelines().stream()
                .filter(each -> !each.timeline().equals(Timeline.FIRST)
                        && !each.runs().isEmpty()
                        && each.history().isEmpty())
                .map(each -> new UnusableHistory(
                        each.timeline(),
                        each.historyProblem()
                                .map(problem -> "cannot be read: " + problem)
                                .orElse("is not archived")))
                .toList();
    }
}
