// SPDX-License-Identifier: Apache-2.0
package org.tidemark.retention;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.wal.WalInventory;
import org.tidemark.catalog.wal.WalInventory.TimelineInventory;
import org.tidemark.catalog.wal.WalInventory.WalRun;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.TimelinePath;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.recoverability.Timelines;
import org.tidemark.retention.RetentionCatalog.PublishedBackup;

/**
 * The times that count for retention. A date after now was given by a clock that was ahead. Such a backup ended, at the
 * latest, when something later on its path did: the earliest of the other dates counts, but none that is before the
 * backup that precedes it. Where everything that follows is dated ahead as well, its date stays, and {@link #isAhead}
 * tells. WAL that was stored before a backup that it follows is that of a copied repository, where the store's times
 * say nothing: no WAL counts as older than the newest such backup. Other dates that are not after now stay: a wrong one
 * among them makes things younger, or it cannot be told. Immutable.
 */
final class EffectiveTimes {
    /** Clocks of hosts and stores may differ so much. */
    static final Duration TOLERANCE = BaseBackup.Run.CLOCK_DIFFERENCE;

    private final RetentionCatalog catalog;
    private final WalSegmentSize size;
    private final Instant now;
    private final List<TimelineHistory> paths;

    private EffectiveTimes(RetentionCatalog catalog, Instant now) {
        this.catalog = catalog;
        this.size = catalog.segmentSize();
        this.now = now;
        this.paths = catalog.timelines().paths();
    }

    /** Whether a date can only be that of a clock that was ahead. */
    static boolean isAhead(Instant time, Instant now) {
        return Duration.between(now, time).compareTo(TOLERANCE) > 0;
    }

    /** The same catalog with the times that count. */
    static RetentionCatalog of(RetentionCatalog catalog, Instant now) {
        EffectiveTimes asStored = new EffectiveTimes(catalog, now);
        RetentionCatalog known = asStored.withoutTimesOfACopy();
        Stream<Instant> backups = known.backups().stream().map(PublishedBackup::ended);
        Stream<Instant> wal = known.wal().timelines().stream()
                .flatMap(timeline -> timeline.runs().stream())
                .flatMap(run -> Stream.of(run.firstStored(), run.lastStored()));
        return Stream.concat(backups, wal).anyMatch(time -> isAhead(time, now)) ? asStored.dated(known) : known;
    }

    private RetentionCatalog withoutTimesOfACopy() {
        return catalog.backups().stream()
                .filter(backup -> !isAhead(backup.ended(), now))
                .filter(backup -> paths.stream()
                        .filter(path -> Timelines.isOnPath(backup.wal(), path))
                        .flatMap(path -> storedSince(backup, path))
                        .anyMatch(stored -> isAhead(backup.ended(), stored)))
                .map(PublishedBackup::ended)
                .max(Comparator.naturalOrder())
                .map(floor -> with(
                        catalog,
                        catalog.backups(),
                        timeline -> timeline.runs().stream()
                                .map(run ->
                                        stored(run, later(run.firstStored(), floor), later(run.lastStored(), floor)))
                                .toList()))
                .orElse(catalog);
    }

    /**
     * Whether all WAL was stored after every one of some backups had ended: then the repository is a copy, and the
     * order in which WAL was stored says nothing. Where WAL is archived, that of a backup is stored before it ends.
     */
    static boolean isOfOneCopy(WalInventory wal, List<PublishedBackup> backups) {
        Optional<Instant> ended = backups.stream().map(PublishedBackup::ended).max(Comparator.naturalOrder());
        return ended.isPresent()
                && wal.timelines().stream()
                        .flatMap(timeline -> timeline.runs().stream())
                        .flatMap(WalEnd::of)
                        .allMatch(end -> end.stored().isAfter(ended.get()));
    }

    static Instant later(Instant one, Instant other) {
        return one.isAfter(other) ? one : other;
    }

    /**
     * When something unfinished was last touched: the first time, unless it is ahead and one of the others does not.
     */
    static Instant ofUnfinished(Instant lastStored, Stream<Instant> others, Instant now) {
        return isAhead(lastStored, now)
                ? others.filter(each -> !isAhead(each, now))
                        .min(Comparator.naturalOrder())
                        .orElse(lastStored)
                : lastStored;
    }

    /**
     * The dates ahead, by what was stored. What is known to be no older than a backup says nothing of how old it is at
     * most.
     *
     * @param known without the times of a copy
     */
    private RetentionCatalog dated(RetentionCatalog known) {
        List<PublishedBackup> backups = catalog.backups().stream()
                .map(each -> isAhead(each.ended(), now) ? each.endedAt(ended(each)) : each)
                .toList();
        Optional<Timeline> newest = catalog.wal().timelines().stream()
                .map(TimelineInventory::timeline)
                .max(Comparator.naturalOrder());
        return with(known, backups, each -> dated(each, newest.equals(Optional.of(each.timeline())), backups));
    }

    /** @param runs those of a timeline, with the times that count */
    private static RetentionCatalog with(
            RetentionCatalog catalog, List<PublishedBackup> backups, Function<TimelineInventory, List<WalRun>> runs) {
        return catalog.with(
                backups,
                new WalInventory(
                        catalog.wal().timelines().stream()
                                .map(each -> new TimelineInventory(
                                        each.timeline(),
                                        runs.apply(each),
                                        each.holes(),
                                        each.partials(),
                                        each.history(),
                                        each.historyStored(),
                                        each.historyProblem()))
                                .toList(),
                        catalog.wal().removed(),
                        catalog.wal().givenUp(),
                        catalog.wal().counted()));
    }

    private static WalRun stored(WalRun run, Instant first, Instant last) {
        return new WalRun(run.first(), run.last(), run.count(), run.storedBytes(), first, last);
    }

    private Instant ended(PublishedBackup backup) {
        List<Instant> later = new ArrayList<>();
        Instant floor = Instant.MIN;
        for (TimelineHistory path : paths) {
            if (!Timelines.isOnPath(backup.wal(), path)) {
                continue;
            }
            for (PublishedBackup other : catalog.backups()) {
                if (isAhead(other.ended(), now) || !Timelines.isOnPath(other.wal(), path)) {
                    continue;
                }
                if (other.wal().stop().isAfter(backup.wal().stop())) {
                    later.add(other.ended());
                } else if (other.ended().isAfter(floor)) {
                    floor = other.ended();
                }
            }
            storedSince(backup, path).forEach(later::add);
        }
        Instant earliest = floor;
        return later.stream()
                .filter(each -> !each.isBefore(earliest))
                .min(Comparator.naturalOrder())
                .orElse(backup.ended());
    }

    /** The dates that are known of WAL on a path from the last segment of a backup on, without those ahead. */
    private Stream<Instant> storedSince(PublishedBackup backup, TimelineHistory history) {
        long last = backup.wal().last(size).index(size);
        return new TimelinePath(history, size)
                .stretches().stream()
                        .flatMap(stretch -> catalog.wal().timeline(stretch.timeline()).stream()
                                .flatMap(timeline -> timeline.runs().stream())
                                .flatMap(WalEnd::of)
                                .filter(end -> end.index(size) >= Math.max(last, stretch.first())
                                        && end.index(size) <= stretch.last()))
                        .map(WalEnd::stored)
                        .filter(stored -> !isAhead(stored, now));
    }

    /** One end of a run: only of these it is known when they were stored. */
    private record WalEnd(Segment segment, Instant stored) {
        static Stream<WalEnd> of(WalRun run) {
            return Stream.of(new WalEnd(run.first(), run.firstStored()), new WalEnd(run.last(), run.lastStored()));
        }

        long index(WalSegmentSize size) {
            return segment.index(size);
        }
    }

    /**
     * A date ahead says nothing of when a timeline was in use: what is known of it before counts. The end of the newest
     * timeline counts as stored now: nothing has followed it.
     */
    private List<WalRun> dated(TimelineInventory timeline, boolean isNewest, List<PublishedBackup> backups) {
        Instant known = Stream.concat(
                        timeline.historyStored().stream(),
                        backups.stream()
                                .filter(each -> each.wal().timeline().equals(timeline.timeline()))
                                .map(PublishedBackup::ended))
                .filter(time -> !isAhead(time, now))
                .max(Comparator.naturalOrder())
                .orElse(Instant.EPOCH);
        List<WalRun> runs = new ArrayList<>();
        for (WalRun run : timeline.runs()) {
            Instant first = isAhead(run.firstStored(), now) ? known : run.firstStored();
            known = known.isAfter(first) ? known : first;
            boolean isEnd = run.equals(timeline.runs().getLast());
            Instant last = !isAhead(run.lastStored(), now) ? run.lastStored() : isNewest && isEnd ? now : known;
            known = known.isAfter(last) ? known : last;
            runs.add(stored(run, first, last));
        }
        return runs;
    }
}
