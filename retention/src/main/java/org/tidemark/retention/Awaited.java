// SPDX-License-Identifier: Apache-2.0
package org.tidemark.retention;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.StoredPartial;
import org.tidemark.catalog.wal.RemovedWal;
import org.tidemark.catalog.wal.WalInventory;
import org.tidemark.catalog.wal.WalInventory.WalRun;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.recoverability.SegmentRanges;
import org.tidemark.recoverability.SegmentRanges.Range;
import org.tidemark.retention.RetentionCatalog.PublishedBackup;
import org.tidemark.retention.RetentionCatalog.UnfinishedBackup;
import org.tidemark.retention.RetentionPlan.BackupFate;
import org.tidemark.retention.RetentionPlan.WalFate;

/**
 * Backups and WAL of one repository that other repositories of the cluster may lack, and would keep by their own
 * policies: what {@code sync} still has to copy. It stays at most as long as such a policy would keep it. Immutable.
 */
public final class Awaited {
    public static final Awaited NOTHING = new Awaited(Map.of(), Map.of(), Map.of());

    private final Map<BackupId, String> backups;
    private final Map<Timeline, List<Range>> wal;
    private final Map<Timeline, List<Range>> toCome;

    private Awaited(Map<BackupId, String> backups, Map<Timeline, List<Range>> wal, Map<Timeline, List<Range>> toCome) {
        this.backups = Map.copyOf(backups);
        this.wal = Map.copyOf(wal);
        this.toCome = Map.copyOf(toCome);
    }

    /**
     * A repository that may lack something.
     *
     * @param settings its own policy
     * @param contents what it holds; empty if it does not answer, and may lack everything
     * @param copies what can be copied to it
     */
    public record Lagging(String name, RetentionSettings settings, Optional<Contents> contents, Copies copies) {}

    /** What can be copied from the holder to a lagging repository. */
    public enum Copies {
        BACKUPS_AND_WAL,
        /** Its keys are others: only WAL that is queued for it by name is delivered to it. */
        WAL
    }

    /**
     * What a repository holds.
     *
     * @param backups that exist
     * @param unfinished backups that are not published
     * @param removed that existed, and were removed from it on purpose
     * @param lock how long its store locks each object after it was stored; empty if it does not
     */
    public record Contents(
            List<PublishedBackup> backups,
            List<UnfinishedBackup> unfinished,
            Set<BackupId> removed,
            WalInventory wal,
            Optional<Duration> lock) {
        /** What it holds as far as its catalog tells. */
        public Contents(RetentionCatalog there, Set<BackupId> removed) {
            this(there.backups(), there.unfinished(), removed, there.wal(), there.lock());
        }

        /** Nothing. */
        public Contents() {
            this(List.of(), List.of(), Set.of(), new WalInventory(List.of()), Optional.empty());
        }

        public Contents {
            backups = List.copyOf(backups);
            unfinished = List.copyOf(unfinished);
            removed = Set.copyOf(removed);
        }
    }

    /** What of {@code held} these repositories wait for. */
    public static Awaited of(RetentionCatalog held, List<Lagging> others, Instant now) {
        Map<BackupId, String> backups = new LinkedHashMap<>();
        Map<Timeline, SegmentRanges> wal = new TreeMap<>();
        for (Lagging each : others) {
            new Waiting(held, each, now).addTo(backups, wal);
        }
        return new Awaited(backups, ranges(wal), Map.of());
    }

    private static Map<Timeline, List<Range>> ranges(Map<Timeline, SegmentRanges> wal) {
        Map<Timeline, List<Range>> ranges = new TreeMap<>();
        wal.forEach((timeline, places) -> ranges.put(timeline, places.all()));
        return ranges;
    }

    /**
     * The same, and the WAL that this repository itself needs for the backups that sync still has to copy to it: it is
     * neither deleted nor noted as removed, since a backup whose WAL was removed is never copied.
     *
     * @param removed the backups that were removed from it on purpose
     * @param own its own policy
     */
    public Awaited withBackupsToCome(
            RetentionCatalog held, Set<BackupId> removed, RetentionSettings own, List<Lagging> others, Instant now) {
        return new Awaited(backups, wal, ranges(new BackupsToCome(held, removed, own, others, now).wal()));
    }

    /** The same for an operator who names the backups that go: the WAL stays. */
    public Awaited walAlone() {
        return new Awaited(Map.of(), wal, toCome);
    }

    /** The name of a repository that waits for a backup. */
    public Optional<String> by(BackupId id) {
        return Optional.ofNullable(backups.get(id));
    }

    /** The parts of a stretch that no repository waits for. */
    List<Range> without(Timeline timeline, long first, long last) {
        return without(wal.getOrDefault(timeline, List.of()), first, last);
    }

    /** The parts of a stretch that no backup needs which is still to be copied to this repository. */
    List<Range> withoutToCome(Timeline timeline, long first, long last) {
        return without(toCome.getOrDefault(timeline, List.of()), first, last);
    }

    private static List<Range> without(List<Range> ranges, long first, long last) {
        SegmentRanges places = new SegmentRanges();
        ranges.forEach(each -> places.add(each.first(), each.last()));
        return places.without(first, last);
    }

    /** One repository that waits. */
    private record Waiting(RetentionCatalog held, Lagging other, Instant now) {
        private WalSegmentSize size() {
            return held.segmentSize();
        }

        void addTo(Map<BackupId, String> backups, Map<Timeline, SegmentRanges> wal) {
            for (RetentionPlan plan : plans()) {
                for (BackupFate fate : plan.backups()) {
                    if (other.copies() == Copies.BACKUPS_AND_WAL
                            && fate.stays()
                            && isHeld(fate.backup().id())
                            && lacks(fate.backup())) {
                        backups.putIfAbsent(fate.backup().id(), other.name());
                    }
                }
                for (WalFate fate : plan.wal()) {
                    if (fate.stays()) {
                        SegmentRanges ranges = SegmentRanges.of(wal, fate.timeline());
                        long first = fate.first().index(size());
                        long last = fate.last().index(size());
                        notLacked(fate.timeline())
                                .without(first, last)
                                .forEach(each -> ranges.add(each.first(), each.last()));
                    }
                }
            }
        }

        /**
         * What its policy makes of all that it would have after a sync. If it does not answer, it may have a backup
         * from which the oldest WAL is needed, or not: both are planned.
         */
        private List<RetentionPlan> plans() {
            return other.contents().isPresent()
                    ? List.of(plan(other.contents().get().backups()))
                    : List.of(plan(List.of()), plan(held.possible()));
        }

        private RetentionPlan plan(List<PublishedBackup> more) {
            // What it says of its own backups counts: which are kept, damaged or verified there.
            Map<BackupId, PublishedBackup> union = new LinkedHashMap<>();
            more.forEach(each -> union.put(each.id(), each));
            if (other.copies() == Copies.BACKUPS_AND_WAL) {
                held.backups().stream()
                        .filter(this::mayBeCopied)
                        .forEach(each -> union.putIfAbsent(each.id(), each.withoutKeep()));
            }
            return RetentionPlanner.plan(
                    other.settings(),
                    held.planned(union.values(), other.contents().flatMap(Contents::lock)),
                    now);
        }

        private boolean isHeld(BackupId id) {
            return held.backups().stream().anyMatch(each -> each.id().equals(id));
        }

        /** A backup that it cannot use yet may lack objects, or WAL, that are here. */
        private boolean lacks(PublishedBackup backup) {
            return other.contents().stream()
                            .flatMap(there -> there.backups().stream())
                            .noneMatch(each -> each.id().equals(backup.id())
                                    && each.problem().isEmpty())
                    && mayBeCopied(backup);
        }

        /**
         * What it removed itself, or the WAL of, is never copied to it again. Nor is what is broken here, unless its
         * WAL is there.
         */
        private boolean mayBeCopied(PublishedBackup backup) {
            return other.contents()
                    .map(there -> !there.removed().contains(backup.id())
                            && (backup.problem().isEmpty() || hasWalOf(backup, there.wal()))
                            && !there.wal().hasRemoved(backup.wal(), size()))
                    .orElse(true);
        }

        private boolean hasWalOf(PublishedBackup backup, WalInventory wal) {
            return backup.wal().segments(size()).allMatch(wal::contains);
        }

        /** The places whose WAL it has, or removed on purpose. */
        private SegmentRanges notLacked(Timeline timeline) {
            SegmentRanges places = new SegmentRanges();
            other.contents().map(Contents::wal).ifPresent(there -> {
                there.timeline(timeline).ifPresent(each -> {
                    for (WalRun run : each.runs()) {
                        places.add(run.first().index(size()), run.last().index(size()));
                    }
                    for (StoredPartial partial : each.partials()) {
                        if (!held.wal().contains(partial.segment())) {
                            long place = partial.segment().index(size());
                            places.add(place, place);
                        }
                    }
                });
                for (RemovedWal each : there.removed()) {
                    if (each.timeline().equals(timeline)) {
                        places.add(each.first().index(size()), each.last().index(size()));
                    }
                }
            });
            return places;
        }
    }
}
