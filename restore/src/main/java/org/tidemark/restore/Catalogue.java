// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;

/**
 * What a repository holds of one cluster, at one moment. Immutable.
 *
 * @param unreadableBackups ids of backups whose description is damaged or could not be read
 * @param histories those that are archived and can be read; timeline 1 has none
 * @param damagedHistories timelines whose history is archived and cannot be read
 * @param remarks what was noticed when the catalogue was read
 */
public record Catalogue(
        List<BackupCandidate> backups,
        List<String> unreadableBackups,
        ArchivedWal wal,
        Map<Timeline, TimelineHistory> histories,
        Set<Timeline> damagedHistories,
        List<Finding> remarks) {
    public Catalogue {
        backups = List.copyOf(backups);
        unreadableBackups = List.copyOf(unreadableBackups);
        histories = Map.copyOf(histories);
        damagedHistories = Set.copyOf(damagedHistories);
        remarks = List.copyOf(remarks);
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
}
