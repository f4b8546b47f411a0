// SPDX-License-Identifier: Apache-2.0
package org.tidemark.retention;

import java.time.Instant;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.wal.WalInventory.TimelineInventory;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.recoverability.SegmentRanges;
import org.tidemark.retention.Awaited.Contents;
import org.tidemark.retention.Awaited.Copies;
import org.tidemark.retention.Awaited.Lagging;
import org.tidemark.retention.RetentionCatalog.PublishedBackup;
import org.tidemark.retention.RetentionCatalog.UnfinishedBackup;
import org.tidemark.retention.RetentionPlan.BackupFate;
import org.tidemark.retention.RetentionPlan.WalFate;

/**
 * The WAL that a repository needs for backups which sync still has to copy to it: those that its own policy keeps with
 * all that it will have. A repository that does not answer may have one from the beginning of the WAL on.
 *
 * @param removed the backups that were removed from it on purpose
 * @param own its own policy
 */
record BackupsToCome(
        RetentionCatalog held, Set<BackupId> removed, RetentionSettings own, List<Lagging> others, Instant now) {
    /** The places of each timeline; empty if no backup is to come. */
    Map<Timeline, SegmentRanges> wal() {
        Map<BackupId, PublishedBackup> union = new LinkedHashMap<>();
        held.backups().forEach(each -> union.put(each.id(), each));
        Set<BackupId> missing = new HashSet<>();
        Set<BackupId> possible = new HashSet<>();
        Map<Timeline, SegmentRanges> needed = new TreeMap<>();
        for (Lagging other : others) {
            if (other.copies() == Copies.BACKUPS_AND_WAL && other.contents().isPresent()) {
                Contents there = other.contents().get();
                for (PublishedBackup each : there.backups()) {
                    if (canCome(each) && union.putIfAbsent(each.id(), each.withoutKeep()) == null) {
                        missing.add(each.id());
                    }
                }
                // It may need any WAL that was there when it began, on whatever timeline it ends.
                there.unfinished().stream()
                        .filter(this::mayCome)
                        .flatMapToLong(each -> each.neededFrom(size(), now).stream())
                        .forEach(place -> addAllSince(place, needed));
            } else if (other.copies() == Copies.BACKUPS_AND_WAL) {
                for (PublishedBackup each : held.possible()) {
                    union.put(each.id(), each);
                    possible.add(each.id());
                }
            }
        }
        if (!missing.isEmpty() || !possible.isEmpty()) {
            addKept(
                    RetentionPlanner.plan(own, held.planned(union.values(), held.lock()), now),
                    missing,
                    possible,
                    needed);
        }
        return needed;
    }

    private boolean canCome(PublishedBackup backup) {
        return backup.problem().isEmpty()
                && !removed.contains(backup.id())
                && !held.wal().hasRemoved(backup.wal(), size());
    }

    private boolean mayCome(UnfinishedBackup backup) {
        return !removed.contains(backup.id())
                && held.backups().stream().noneMatch(each -> each.id().equals(backup.id()));
    }

    private void addKept(
            RetentionPlan plan, Set<BackupId> missing, Set<BackupId> possible, Map<Timeline, SegmentRanges> needed) {
        long from = Long.MAX_VALUE;
        for (BackupFate fate : plan.backups()) {
            PublishedBackup backup = fate.backup();
            if (fate.stays() && missing.contains(backup.id())) {
                long first = backup.wal().first(size()).index(size());
                from = Math.min(from, first);
                SegmentRanges.of(needed, backup.wal().timeline())
                        .add(first, backup.wal().last(size()).index(size()));
            } else if (fate.stays() && possible.contains(backup.id())) {
                // Nobody knows how many more it has, or where.
                addAllSince(backup.wal().first(size()).index(size()), needed);
            }
        }
        for (WalFate fate : plan.wal()) {
            if (fate.stays()) {
                SegmentRanges.of(needed, fate.timeline())
                        .add(
                                Math.max(from, fate.first().index(size())),
                                fate.last().index(size()));
            }
        }
    }

    private void addAllSince(long place, Map<Timeline, SegmentRanges> needed) {
        for (TimelineInventory each : held.wal().timelines()) {
            SegmentRanges.of(needed, each.timeline()).add(place, Long.MAX_VALUE);
        }
    }

    private WalSegmentSize size() {
        return held.segmentSize();
    }
}
