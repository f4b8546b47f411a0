// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.WalSegmentSize;

/**
 * What the repositories hold of one incarnation, at one moment. Immutable.
 *
 * @param repositories those that were read, in the order in which they are asked
 * @param unreadableBackups ids of backups whose description no repository has that can be read
 * @param histories those that are archived and can be read; timeline 1 has none
 * @param historiesStored when a history was stored, by the store's clock, where that is known
 * @param damagedHistories timelines whose history is archived and can be read in no repository
 * @param remarks what was noticed when the catalogue was read
 */
public record Catalogue(
        List<String> repositories,
        List<BackupCandidate> backups,
        List<String> unreadableBackups,
        ArchivedWal wal,
        Map<Timeline, TimelineHistory> histories,
        Map<Timeline, Instant> historiesStored,
        Set<Timeline> damagedHistories,
        List<Finding> remarks) {
    public Catalogue {
        repositories = List.copyOf(repositories);
        backups = List.copyOf(backups);
        unreadableBackups = List.copyOf(unreadableBackups);
        histories = Map.copyOf(histories);
        historiesStored = Map.copyOf(historiesStored);
        damagedHistories = Set.copyOf(damagedHistories);
        remarks = List.copyOf(remarks);
    }

    /**
     * What several repositories hold together. A recovery reads a file from whichever of them has it, so what one lacks
     * and another has is there. Two histories of one timeline are a problem that names both repositories.
     *
     * @param parts of one incarnation, in the order in which the repositories are asked
     */
    public static Catalogue union(WalSegmentSize size, List<Catalogue> parts) {
        if (parts.size() == 1) {
            return parts.getFirst();
        }
        Map<String, BackupCandidate> backups = new LinkedHashMap<>();
        Set<String> unreadable = new TreeSet<>();
        Map<Timeline, TimelineHistory> histories = new HashMap<>();
        Map<Timeline, Catalogue> owners = new HashMap<>();
        Map<Timeline, Instant> stored = new HashMap<>();
        Set<Timeline> damaged = new HashSet<>();
        List<Finding> remarks = new ArrayList<>();
        for (Catalogue part : parts) {
            part.backups.forEach(each -> backups.merge(each.id(), each, Catalogue::both));
            unreadable.addAll(part.unreadableBackups);
            damaged.addAll(part.damagedHistories);
            remarks.addAll(part.remarks);
            part.historiesStored.forEach((timeline, at) -> stored.merge(timeline, at, Catalogue::earlier));
            part.histories.forEach((timeline, history) -> {
                TimelineHistory known = histories.putIfAbsent(timeline, history);
                Catalogue owner = owners.putIfAbsent(timeline, part);
                if (known != null && owner != null && !known.equals(history)) {
                    remarks.add(twoHistories(timeline, owner, part));
                }
            });
        }
        unreadable.removeAll(backups.keySet());
        damaged.removeAll(histories.keySet());
        return new Catalogue(
                parts.stream().flatMap(part -> part.repositories.stream()).toList(),
                List.copyOf(backups.values()),
                List.copyOf(unreadable),
                ArchivedWal.union(size, parts.stream().map(Catalogue::wal).toList()),
                histories,
                stored,
                damaged,
                remarks);
    }

    /** A backup is found by its id: two that differ under one id are for `sync` and `verify` to tell. */
    private static BackupCandidate both(BackupCandidate one, BackupCandidate other) {
        return one.heldBy(Stream.concat(one.copies().stream(), other.copies().stream())
                .distinct()
                .toList());
    }

    private static Instant earlier(Instant one, Instant other) {
        return other.isBefore(one) ? other : one;
    }

    private static Finding twoHistories(Timeline timeline, Catalogue one, Catalogue other) {
        String first = String.join("', '", one.repositories);
        String second = String.join("', '", other.repositories);
        return Finding.problem(
                ExitCode.WAL_CONFLICT,
                Finding.Topic.TARGET,
                "the history of timeline " + timeline + " in '" + first + "' is not the one in '" + second
                        + "': two servers were promoted to the same timeline",
                "Decide which of them is right, and read from its repository alone: --repository " + first
                        + " or --repository " + second);
    }

    /** The same with other backups. */
    Catalogue withBackups(List<BackupCandidate> others) {
        return new Catalogue(
                repositories, others, unreadableBackups, wal, histories, historiesStored, damagedHistories, remarks);
    }

    /** The same, and what else was noticed. */
    Catalogue withRemarks(List<Finding> more) {
        return new Catalogue(
                repositories,
                backups,
                unreadableBackups,
                wal,
                histories,
                historiesStored,
                damagedHistories,
                Stream.concat(remarks.stream(), more.stream()).toList());
    }

    /** Every timeline of which anything is stored. */
    NavigableSet<Timeline> timelines() {
        NavigableSet<Timeline> known = new TreeSet<>(histories.keySet());
        known.addAll(damagedHistories);
        known.addAll(wal.timelines());
        backups.forEach(backup -> known.add(backup.timeline()));
        return known;
    }

    /** The ancestors of a timeline; empty if they are not archived, so that nobody can tell. */
    Optional<TimelineHistory> history(Timeline timeline) {
        if (timeline.equals(Timeline.FIRST)) {
            return Optional.of(TimelineHistory.root(timeline));
        }
        return Optional.ofNullable(histories.get(timeline));
    }

    /** When the first thing of a timeline was stored; empty if that is not known. */
    Optional<Instant> begun(Timeline timeline) {
        return Stream.concat(
                        wal.firstStored(timeline).stream(), Optional.ofNullable(historiesStored.get(timeline)).stream())
                .min(Instant::compareTo);
    }
}
