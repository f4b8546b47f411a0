// SPDX-License-Identifier: Apache-2.0
package org.tidemark.retention;

import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.recoverability.Timelines;
import org.tidemark.retention.RetentionCatalog.PublishedBackup;

/**
 * The backups on the path to one timeline. Their order on it is that of their positions; times are those of the hosts'
 * clocks, which may have been wrong: whether one had ended by a moment, the store's clock says as well. Immutable.
 */
final class BackupPath {
    static final Comparator<PublishedBackup> BY_POSITION = Comparator.comparing(
                    (PublishedBackup each) -> each.wal().stop())
            .thenComparing(PublishedBackup::ended)
            .thenComparing(PublishedBackup::id);

    static final Comparator<PublishedBackup> BY_END = Comparator.comparing(PublishedBackup::ended)
            .thenComparing(each -> each.wal().stop())
            .thenComparing(PublishedBackup::id);

    private final TimelineHistory history;
    /** Each with the moment by which it, or one that leads further, had ended. */
    private final NavigableMap<PublishedBackup, Instant> byPosition = new TreeMap<>(BY_POSITION);
    /** Each with the moment by which it, or one that ended later, had ended. */
    private final NavigableMap<PublishedBackup, Instant> byEnd = new TreeMap<>(BY_END);

    private final TreeSet<PublishedBackup> broken = new TreeSet<>(BY_POSITION);

    /**
     * The path to a timeline.
     *
     * @param backups of all timelines, also those that are broken
     */
    BackupPath(TimelineHistory history, List<PublishedBackup> backups) {
        this.history = history;
        for (PublishedBackup each : backups) {
            if (contains(each) && each.problem().isEmpty()) {
                byPosition.put(each, each.endedBefore());
                byEnd.put(each, each.endedBefore());
            } else if (contains(each)) {
                broken.add(each);
            }
        }
        theEarliestOfThoseAfter(byPosition);
        theEarliestOfThoseAfter(byEnd);
    }

    private static void theEarliestOfThoseAfter(NavigableMap<PublishedBackup, Instant> ends) {
        Instant earliest = Instant.MAX;
        for (Map.Entry<PublishedBackup, Instant> each : ends.descendingMap().entrySet()) {
            earliest = each.getValue().isBefore(earliest) ? each.getValue() : earliest;
            each.setValue(earliest);
        }
    }

    Timeline timeline() {
        return history.timeline();
    }

    /** Whether a recovery along the path can begin with a backup, usable or not. */
    boolean contains(PublishedBackup backup) {
        return Timelines.isOnPath(backup.wal(), history);
    }

    /** The usable backup that leads furthest; if none is usable, the broken one. */
    Optional<PublishedBackup> furthest() {
        return (byPosition.isEmpty() ? broken : byPosition.navigableKeySet())
                .descendingSet().stream().findFirst();
    }

    /** Of the backups of the timeline itself, usable or not, the one that leads furthest. */
    Optional<PublishedBackup> furthestOfItsOwn() {
        return Stream.concat(byPosition.descendingKeySet().stream(), broken.descendingSet().stream())
                .filter(each -> each.wal().timeline().equals(timeline()))
                .max(BY_POSITION);
    }

    /** The usable ones. */
    List<PublishedBackup> furthestFirst() {
        return List.copyOf(byPosition.descendingKeySet());
    }

    /** Of those that had ended at a moment the one that leads furthest. */
    Optional<PublishedBackup> furthest(Instant moment) {
        return byPosition.descendingKeySet().stream()
                .filter(each -> !each.endedBefore().isAfter(moment))
                .findFirst();
    }

    /** Of those that had ended at a moment the one that ended last. */
    Optional<PublishedBackup> latest(Instant moment) {
        return byEnd.descendingKeySet().stream()
                .filter(each -> !each.endedBefore().isAfter(moment))
                .findFirst();
    }

    /** From which moment on a backup is neither the furthest nor the latest. */
    Optional<Instant> superseded(PublishedBackup backup) {
        Map.Entry<PublishedBackup, Instant> further = byPosition.higherEntry(backup);
        Map.Entry<PublishedBackup, Instant> later = byEnd.higherEntry(backup);
        if (further == null || later == null) {
            return Optional.empty();
        }
        Instant end = further.getValue();
        return Optional.of(end.isAfter(later.getValue()) ? end : later.getValue());
    }
}
