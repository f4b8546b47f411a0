// SPDX-License-Identifier: Apache-2.0
package org.tidemark.retention;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.tidemark.catalog.WalInventory.TimelineInventory;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.retention.RetentionCatalog.PublishedBackup;

/** The timelines of a catalog: the path to each, and how new it is. Immutable. */
final class Timelines {
    private final Map<Timeline, TimelineHistory> histories = new TreeMap<>();
    private final Map<Timeline, Instant> newestWal = new TreeMap<>();
    private final Set<Timeline> unknown = new TreeSet<>();

    Timelines(RetentionCatalog catalog) {
        for (TimelineInventory each : catalog.wal().timelines()) {
            each.history().ifPresent(history -> histories.put(each.timeline(), history));
            each.runs().stream()
                    .flatMap(run -> Stream.of(run.firstStored(), run.lastStored()))
                    .max(Comparator.naturalOrder())
                    .ifPresent(stored -> newestWal.put(each.timeline(), stored));
        }
        histories.putIfAbsent(Timeline.FIRST, TimelineHistory.root(Timeline.FIRST));
        catalog.wal().timelines().stream().map(TimelineInventory::timeline).forEach(this::note);
        catalog.backups().stream().map(each -> each.wal().timeline()).forEach(this::note);
    }

    private void note(Timeline timeline) {
        if (!histories.containsKey(timeline)) {
            unknown.add(timeline);
        }
    }

    /** Those with a path that is known, rising. */
    List<TimelineHistory> known() {
        return new ArrayList<>(histories.values());
    }

    /** Whether the path to a timeline cannot be told. */
    boolean isUnknown(Timeline timeline) {
        return unknown.contains(timeline);
    }

    /** When the newest WAL of the timeline itself was stored. */
    Optional<Instant> newestWal(Timeline timeline) {
        return Optional.ofNullable(newestWal.get(timeline));
    }

    static boolean isOnPath(PublishedBackup backup, TimelineHistory path) {
        return path.passes(backup.wal().timeline(), backup.wal().stop());
    }

    /** The backups on a path, the one that leads furthest first. */
    static List<PublishedBackup> onPath(TimelineHistory path, List<PublishedBackup> backups) {
        return backups.stream()
                .filter(each -> isOnPath(each, path))
                .sorted(Comparator.comparing(
                                (PublishedBackup each) -> each.wal().stop())
                        .thenComparing(PublishedBackup::ended)
                        .reversed())
                .toList();
    }
}
