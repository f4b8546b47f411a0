// SPDX-License-Identifier: Apache-2.0
package org.tidemark.retention;

import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tidemark.core.Timeline;
import org.tidemark.recoverability.Timelines;
import org.tidemark.retention.RetentionCatalog.PublishedBackup;
import org.tidemark.retention.RetentionPolicy.RecoveryWindow;
import org.tidemark.retention.RetentionPolicy.Redundancy;
import org.tidemark.retention.RetentionPolicy.Since;

/**
 * Which timelines are in use: those that have a backup or WAL of their own since a moment, and always the one whose WAL
 * is the newest, however old that is. So a server that stopped for good keeps what leads to its last moment, even if a
 * test server that recovered from the archive made a backup later. Immutable.
 *
 * <p>Only the backup that leads furthest counts, and WAL after its start. Both stay as long as the timeline is in use,
 * so what an expiry removes changes nothing here. Which one it is does not depend on clocks.
 */
final class TimelineUse {
    private final RetentionSettings settings;
    private final List<PublishedBackup> usable;
    private final Instant now;
    private final Map<Timeline, Instant> newestBackup = new HashMap<>();
    private final Map<Timeline, Instant> newestWal = new HashMap<>();
    private final Set<Timeline> always = new HashSet<>();

    /**
     * @param isCopied whether the order in which WAL was stored says nothing: then that of all timelines is the newest
     */
    TimelineUse(
            RetentionSettings settings,
            Timelines timelines,
            List<BackupPath> paths,
            List<PublishedBackup> usable,
            boolean isCopied,
            Instant now) {
        this.settings = settings;
        this.usable = usable;
        this.now = now;
        Map<Timeline, Instant> ofUsable = new HashMap<>();
        for (BackupPath path : paths) {
            Timeline timeline = path.timeline();
            path.furthestOfItsOwn().ifPresent(backup -> newestBackup.put(timeline, backup.ended()));
            path.furthest()
                    .ifPresent(backup -> timelines
                            .newestWal(timeline, backup.wal().start())
                            .ifPresent(stored -> {
                                newestWal.merge(timeline, stored, EffectiveTimes::later);
                                if (backup.problem().isEmpty()) {
                                    ofUsable.merge(timeline, stored, EffectiveTimes::later);
                                }
                            }));
        }
        if (isCopied) {
            always.addAll(newestWal.keySet());
        }
        addNewest(newestWal);
        addNewest(ofUsable);
    }

    private void addNewest(Map<Timeline, Instant> last) {
        last.values().stream()
                .max(Comparator.naturalOrder())
                .ifPresent(newest -> last.forEach((timeline, time) -> {
                    if (time.equals(newest)) {
                        always.add(timeline);
                    }
                }));
    }

    /**
     * From which moment on a policy asks what was in use. A backup that ended in the future has a wrong time, and is
     * not counted.
     */
    Instant reach(RetentionPolicy policy) {
        return switch (policy) {
            case Redundancy redundancy ->
                usable.stream()
                        .filter(each -> each.keep().isEmpty() && !each.ended().isAfter(now))
                        .sorted(BackupPath.BY_END.reversed())
                        .skip(redundancy.backups() - 1L)
                        .findFirst()
                        .map(PublishedBackup::ended)
                        .orElse(Instant.MIN);
            case RecoveryWindow window -> window.begin(now);
            case Since since -> since.moment();
        };
    }

    /**
     * Whether a timeline was in use at a moment or later: by its own backup and WAL, not those of its ancestors. WAL
     * that goes by a policy of its own does not count.
     */
    boolean isInUse(Timeline timeline, Instant since) {
        Instant walSince = settings.wal()
                .map(this::reach)
                .map(wal -> EffectiveTimes.later(wal, since))
                .orElse(since);
        return always.contains(timeline)
                || isSince(Optional.ofNullable(newestBackup.get(timeline)), since)
                || isSince(Optional.ofNullable(newestWal.get(timeline)), walSince);
    }

    private static boolean isSince(Optional<Instant> time, Instant since) {
        return time.filter(each -> !each.isBefore(since)).isPresent();
    }

    /** When a window begins after the last use of a timeline; empty: never. */
    Optional<Instant> ends(Timeline timeline, RecoveryWindow window) {
        if (always.contains(timeline)) {
            return Optional.empty();
        }
        Instant byBackup = Optional.ofNullable(newestBackup.get(timeline))
                .map(ended -> window.reaches(ended.plusNanos(1)))
                .orElse(Instant.MIN);
        Instant byWal = Optional.ofNullable(newestWal.get(timeline))
                .map(stored -> endsByWal(stored, window))
                .orElse(Instant.MIN);
        return Optional.of(EffectiveTimes.later(byBackup, byWal));
    }

    private Instant endsByWal(Instant stored, RecoveryWindow window) {
        Instant byPolicy = window.reaches(stored.plusNanos(1));
        return settings.wal()
                .map(wal -> switch (wal) {
                    case RecoveryWindow other -> other.reaches(stored.plusNanos(1));
                    case Redundancy _, Since _ -> reach(wal).isAfter(stored) ? Instant.MIN : Instant.MAX;
                })
                .filter(byPolicy::isAfter)
                .orElse(byPolicy);
    }
}
