// SPDX-License-Identifier: Apache-2.0
package org.tidemark.retention;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.StoredPartial;
import org.tidemark.catalog.wal.WalInventory;
import org.tidemark.catalog.wal.WalInventory.TimelineInventory;
import org.tidemark.catalog.wal.WalInventory.WalRun;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.TimelineHistory.Switch;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalRange;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.retention.RetentionCatalog.Keep;
import org.tidemark.retention.RetentionCatalog.PublishedBackup;
import org.tidemark.retention.RetentionCatalog.UnfinishedBackup;

/**
 * An archive whose every segment has a moment at which it was written: what retention sees, and what a recovery could
 * reach. Segments are named by their place, counted from 0/0. Not thread-safe.
 */
final class SimulatedArchive {
    static final WalSegmentSize SIZE = new WalSegmentSize(1 << 20);
    static final long SEGMENT_BYTES = 1000;

    /** PostgreSQL archives a segment when it is full. */
    private static final Duration ARCHIVED_AFTER = Duration.ofSeconds(1);

    private final WalSegmentSize size;
    private final Map<Timeline, NavigableMap<Long, Instant>> written = new TreeMap<>();
    private final Map<Timeline, NavigableSet<Long>> partials = new TreeMap<>();
    private final Map<Timeline, TimelineHistory> histories = new TreeMap<>();
    private final Map<BackupId, PublishedBackup> backups = new LinkedHashMap<>();
    private final List<UnfinishedBackup> unfinished = new ArrayList<>();
    private final List<String> unreadable = new ArrayList<>();
    private Optional<Duration> lock = Optional.empty();

    /** Segments of 1 MiB. */
    SimulatedArchive() {
        this(SIZE);
    }

    SimulatedArchive(WalSegmentSize size) {
        this.size = size;
        histories.put(Timeline.FIRST, TimelineHistory.root(Timeline.FIRST));
    }

    static Lsn at(long place) {
        return SIZE.start(place).plus(SIZE.bytes() / 2);
    }

    /** The store locks each object for so long. */
    SimulatedArchive lock(Duration period) {
        lock = Optional.of(period);
        return this;
    }

    /** Archives one segment. */
    SimulatedArchive wal(int timeline, long place, Instant moment) {
        written.computeIfAbsent(new Timeline(timeline), any -> new TreeMap<>()).put(place, moment);
        return this;
    }

    /** Archives a segment for each step of time, from the first moment on, until the last one has passed. */
    SimulatedArchive wal(int timeline, long firstPlace, Instant from, Instant until, Duration step) {
        long place = firstPlace;
        for (Instant moment = from; !moment.isAfter(until); moment = moment.plus(step)) {
            wal(timeline, place, moment);
            place++;
        }
        return this;
    }

    SimulatedArchive without(int timeline, long firstPlace, long lastPlace) {
        written.getOrDefault(new Timeline(timeline), new TreeMap<>())
                .subMap(firstPlace, true, lastPlace, true)
                .clear();
        return this;
    }

    /** Archives what a timeline holds of the segment in which it ends. */
    SimulatedArchive partial(int timeline, long place) {
        partials.computeIfAbsent(new Timeline(timeline), any -> new TreeSet<>()).add(place);
        return this;
    }

    /** A timeline begins in the middle of a segment of its parent. */
    SimulatedArchive fork(int child, int parent, long place) {
        return fork(child, parent, at(place));
    }

    /** A timeline begins at a position of its parent. */
    SimulatedArchive fork(int child, int parent, Lsn position) {
        List<Switch> switches = new ArrayList<>(
                Objects.requireNonNull(histories.get(new Timeline(parent))).switches());
        switches.add(new Switch(new Timeline(parent), position, "promoted"));
        histories.put(new Timeline(child), new TimelineHistory(new Timeline(child), switches));
        return this;
    }

    /** The history of a timeline is not archived. */
    SimulatedArchive withoutHistory(int timeline) {
        histories.remove(new Timeline(timeline));
        written.computeIfAbsent(new Timeline(timeline), any -> new TreeMap<>());
        return this;
    }

    /** A backup from the middle of one segment to the middle of another, which is named by the time of its end. */
    BackupId backup(int timeline, long startPlace, long stopPlace, Instant ended) {
        return backup(timeline, at(startPlace), at(stopPlace), ended);
    }

    BackupId backup(int timeline, Lsn start, Lsn stop, Instant ended) {
        int number = 1;
        while (backups.containsKey(BackupId.of(ended, number))) {
            number++;
        }
        BackupId id = BackupId.of(ended, number);
        backups.put(
                id,
                new PublishedBackup(
                        id,
                        new WalRange(new Timeline(timeline), start, stop),
                        ended,
                        1_000_000,
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty()));
        return id;
    }

    SimulatedArchive stored(BackupId id, Instant stored) {
        backups.computeIfPresent(id, (any, backup) -> backup.endedBefore(stored));
        return this;
    }

    SimulatedArchive keep(BackupId id, Keep keep) {
        PublishedBackup old = Objects.requireNonNull(backups.get(id));
        backups.put(
                id,
                new PublishedBackup(
                        id, old.wal(), old.ended(), old.storedBytes(), old.problem(), Optional.of(keep), old.doubt()));
        return this;
    }

    SimulatedArchive doubt(BackupId id, String problem) {
        PublishedBackup old = Objects.requireNonNull(backups.get(id));
        backups.put(
                id,
                new PublishedBackup(
                        id,
                        old.wal(),
                        old.ended(),
                        old.storedBytes(),
                        old.problem(),
                        old.keep(),
                        Optional.of(problem)));
        return this;
    }

    SimulatedArchive broken(BackupId id, String problem) {
        PublishedBackup old = Objects.requireNonNull(backups.get(id));
        backups.put(
                id,
                new PublishedBackup(
                        id, old.wal(), old.ended(), old.storedBytes(), Optional.of(problem), old.keep(), old.doubt()));
        return this;
    }

    SimulatedArchive withDamagedPages(BackupId id) {
        backups.computeIfPresent(
                id,
                (any, old) -> new PublishedBackup(
                        id,
                        old.wal(),
                        old.ended(),
                        old.storedBytes(),
                        old.problem(),
                        old.keep(),
                        old.doubt(),
                        old.isVerified(),
                        true,
                        old.endedBefore()));
        return this;
    }

    SimulatedArchive unfinished(Instant begun, Optional<Lsn> walFrom) {
        unfinished.add(new UnfinishedBackup(BackupId.of(begun, 1), begun, walFrom, false));
        return this;
    }

    SimulatedArchive unreadable(String problem) {
        unreadable.add(problem);
        return this;
    }

    RetentionCatalog catalog() {
        List<TimelineInventory> timelines = new ArrayList<>();
        TreeMap<Timeline, NavigableMap<Long, Instant>> all = new TreeMap<>(written);
        histories.keySet().forEach(timeline -> all.putIfAbsent(timeline, new TreeMap<>()));
        partials.keySet().forEach(timeline -> all.putIfAbsent(timeline, new TreeMap<>()));
        all.forEach((timeline, places) -> timelines.add(new TimelineInventory(
                timeline,
                runs(timeline, places),
                List.of(),
                partials(timeline).stream()
                        .map(place -> new StoredPartial(
                                Segment.of(timeline, place, size),
                                size.start(place).plus(1),
                                "0".repeat(16)))
                        .toList(),
                Optional.ofNullable(histories.get(timeline)),
                Optional.empty(),
                Optional.empty())));
        return new RetentionCatalog(
                size, List.copyOf(backups.values()), unfinished, new WalInventory(timelines), lock, unreadable);
    }

    private List<WalRun> runs(Timeline timeline, NavigableMap<Long, Instant> places) {
        List<WalRun> runs = new ArrayList<>();
        long first = -1;
        long last = -1;
        for (long place : places.keySet()) {
            if (first >= 0 && place != last + 1) {
                runs.add(run(timeline, places, first, last));
                first = -1;
            }
            first = first < 0 ? place : first;
            last = place;
        }
        if (first >= 0) {
            runs.add(run(timeline, places, first, last));
        }
        return runs;
    }

    private WalRun run(Timeline timeline, NavigableMap<Long, Instant> places, long first, long last) {
        return new WalRun(
                Segment.of(timeline, first, size),
                Segment.of(timeline, last, size),
                last - first + 1,
                (last - first + 1) * SEGMENT_BYTES,
                Objects.requireNonNull(places.get(first)).plus(ARCHIVED_AFTER),
                Objects.requireNonNull(places.get(last)).plus(ARCHIVED_AFTER));
    }

    /** What is left when a plan is done. */
    SimulatedArchive after(RetentionPlan plan) {
        SimulatedArchive left = new SimulatedArchive(size);
        written.forEach((timeline, places) -> left.written.put(timeline, new TreeMap<>(places)));
        left.histories.clear();
        left.histories.putAll(histories);
        left.backups.putAll(backups);
        plan.leaving().forEach(each -> left.backups.remove(each.id()));
        partials.forEach((timeline, places) -> left.partials.put(timeline, new TreeSet<>(places)));
        plan.leavingWal().forEach(each -> {
            long first = each.first().index(size);
            long last = each.last().index(size);
            left.without(each.timeline().id(), first, last);
            left.partials
                    .getOrDefault(each.timeline(), new TreeSet<>())
                    .subSet(first, true, last, true)
                    .clear();
        });
        unfinished.stream()
                .filter(each -> !plan.abandoned().contains(each.id()))
                .forEach(left.unfinished::add);
        left.unreadable.addAll(unreadable);
        left.lock = lock;
        return left;
    }

    Map<BackupId, PublishedBackup> backups() {
        return backups;
    }

    /** When each archived segment of a timeline was written, by its place. */
    NavigableMap<Long, Instant> places(Timeline timeline) {
        return written.getOrDefault(timeline, Collections.emptyNavigableMap());
    }

    /** The segments of which a timeline's end is archived. */
    NavigableSet<Long> partials(Timeline timeline) {
        return partials.getOrDefault(timeline, Collections.emptyNavigableSet());
    }

    Instant moment(int timeline, long place) {
        return Objects.requireNonNull(places(new Timeline(timeline)).get(place));
    }

    Stream<Instant> moments() {
        return written.values().stream().flatMap(places -> places.values().stream());
    }

    Map<Timeline, TimelineHistory> histories() {
        return histories;
    }
}
