// SPDX-License-Identifier: Apache-2.0
package org.tidemark.recoverability;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.tidemark.catalog.wal.WalInventory;
import org.tidemark.catalog.wal.WalInventory.TimelineInventory;
import org.tidemark.catalog.wal.WalInventory.WalRun;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.TimelineHistory.Switch;
import org.tidemark.core.WalRange;
import org.tidemark.core.WalSegmentSize;

/** The timelines of a catalog: the path to each, and how new it is. Immutable. */
public final class Timelines {
    private final Map<Timeline, TimelineHistory> histories = new TreeMap<>();
    private final Map<Timeline, List<WalRun>> runs = new TreeMap<>();
    private final WalSegmentSize size;
    private final Set<Timeline> unknown = new TreeSet<>();
    private final List<TimelineHistory> possible = new ArrayList<>();

    /** @param ofBackups the timelines of the backups */
    public Timelines(WalSegmentSize segmentSize, WalInventory wal, Stream<Timeline> ofBackups) {
        size = segmentSize;
        for (TimelineInventory each : wal.timelines()) {
            each.history().ifPresent(history -> histories.put(each.timeline(), history));
            runs.put(each.timeline(), each.runs());
        }
        histories.putIfAbsent(Timeline.FIRST, TimelineHistory.root(Timeline.FIRST));
        wal.timelines().stream().map(TimelineInventory::timeline).forEach(this::note);
        ofBackups.forEach(this::note);
        wal.timelines().stream().filter(each -> isUnknown(each.timeline())).forEach(this::notePossible);
    }

    private void note(Timeline timeline) {
        if (!histories.containsKey(timeline)) {
            unknown.add(timeline);
        }
    }

    /** A timeline without a history began in its first archived segment at the latest, on any older timeline. */
    private void notePossible(TimelineInventory timeline) {
        OptionalLong first = firstPlace(timeline);
        if (first.isEmpty()) {
            return;
        }
        Lsn begin = size.start(first.getAsLong() + 1);
        for (TimelineHistory parent : histories.values()) {
            if (parent.timeline().compareTo(timeline.timeline()) < 0
                    && !parent.begin().isAfter(begin)) {
                List<Switch> switches = new ArrayList<>(parent.switches());
                switches.add(new Switch(parent.timeline(), begin, ""));
                possible.add(new TimelineHistory(timeline.timeline(), switches));
            }
        }
    }

    private OptionalLong firstPlace(TimelineInventory timeline) {
        return LongStream.concat(
                        timeline.runs().stream().mapToLong(run -> run.first().index(size)),
                        timeline.partials().stream()
                                .mapToLong(partial -> partial.segment().index(size)))
                .min();
    }

    /** The path to each timeline; to one without a history all that are possible. */
    public List<TimelineHistory> paths() {
        return Stream.concat(histories.values().stream(), possible.stream()).toList();
    }

    /** Whether the path to a timeline cannot be told. */
    public boolean isUnknown(Timeline timeline) {
        return unknown.contains(timeline);
    }

    /** When the newest WAL of the timeline itself was stored. */
    public Optional<Instant> newestWal(Timeline timeline) {
        return newestWal(timeline, new Lsn(0));
    }

    /** When the newest WAL of the timeline itself was stored, of that which a recovery from a position needs. */
    public Optional<Instant> newestWal(Timeline timeline, Lsn from) {
        long place = size.segmentNumber(from);
        return runs.getOrDefault(timeline, List.of()).stream()
                .flatMap(run -> Stream.concat(
                        Stream.of(run.first())
                                .filter(each -> each.index(size) >= place)
                                .map(any -> run.firstStored()),
                        Stream.of(run.last())
                                .filter(each -> each.index(size) >= place)
                                .map(any -> run.lastStored())))
                .max(Comparator.naturalOrder());
    }

    /** Whether a backup that needs this WAL is on a path that is known. */
    public boolean isOnPath(WalRange backup) {
        return histories.values().stream().anyMatch(path -> isOnPath(backup, path));
    }

    /** Whether a recovery along the path can begin with a backup that needs this WAL. */
    public static boolean isOnPath(WalRange backup, TimelineHistory path) {
        return path.passes(backup.timeline(), backup.stop());
    }
}
