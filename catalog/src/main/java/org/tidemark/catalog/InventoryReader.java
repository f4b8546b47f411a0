// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.tidemark.catalog.WalInventory.TimelineInventory;
import org.tidemark.catalog.WalInventory.WalHole;
import org.tidemark.catalog.WalInventory.WalRun;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.catalog.layout.StoredPartial;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectStore;

/**
 * Takes the inventory of one archive: a page of the listing at a time, of which only the runs are kept. Not
 * thread-safe.
 */
final class InventoryReader {
    private final WalArchive archive;
    private final ObjectStore store;
    private final IncarnationKeys keys;
    private final WalSegmentSize size;
    private final SortedMap<Timeline, List<WalRun>> runs = new TreeMap<>();
    private final Map<Timeline, List<StoredPartial>> partials = new HashMap<>();
    private final Map<Timeline, TimelineHistory> histories = new HashMap<>();
    private final Map<Timeline, String> problems = new HashMap<>();

    InventoryReader(WalArchive archive, ObjectStore store, IncarnationKeys keys, WalSegmentSize size) {
        this.archive = archive;
        this.store = store;
        this.keys = keys;
        this.size = size;
    }

    WalInventory read() throws IOException {
        for (Timeline timeline : archive.timelines()) {
            readTimeline(timeline);
        }
        Map<Timeline, Instant> stored = archive.historiesStored();
        List<RemovedWal> removed = archive.removed();
        Map<Timeline, List<WalHole>> holes = WalHoles.find(runs, histories, removed, size);
        TreeSet<Timeline> all = new TreeSet<>(runs.keySet());
        all.addAll(holes.keySet());
        List<TimelineInventory> timelines = new ArrayList<>();
        for (Timeline timeline : all) {
            timelines.add(new TimelineInventory(
                    timeline,
                    runs.getOrDefault(timeline, List.of()),
                    holes.getOrDefault(timeline, List.of()),
                    partials.getOrDefault(timeline, List.of()),
                    Optional.ofNullable(histories.get(timeline)),
                    Optional.ofNullable(stored.get(timeline)),
                    Optional.ofNullable(problems.get(timeline))));
        }
        return new WalInventory(timelines, removed);
    }

    private void readTimeline(Timeline timeline) throws IOException {
        try {
            archive.history(timeline).ifPresent(history -> histories.put(timeline, history));
        } catch (DamagedObjectException e) {
            problems.put(timeline, e.getMessage());
        }
        WalRuns found = new WalRuns(size);
        Listing.visit(store, keys.timeline(timeline), object -> note(timeline, object, found));
        runs.put(timeline, found.finish());
    }

    private void note(Timeline timeline, ObjectInfo object, WalRuns found) {
        switch (ObjectName.parse(keys, object.key())) {
            case ObjectName.Segment segment -> {
                if (segment.file().fits(size)) {
                    found.add(segment.file(), object);
                }
            }
            case ObjectName.Partial partial ->
                partials.computeIfAbsent(timeline, each -> new ArrayList<>()).add(partial.partial());
            // The listing is of one timeline's segments, where nothing but strays can lie beside them.
            case ObjectName.BackupHistory _,
                    ObjectName.History _,
                    ObjectName.IncarnationIdentity _,
                    ObjectName.OfBackup _,
                    ObjectName.WalMark _,
                    ObjectName.RemovedWal _,
                    ObjectName.Reserved _,
                    ObjectName.Unknown _ -> {}
        }
    }

    /** Makes runs of the segments of one timeline, which come in rising order. Not thread-safe. */
    static final class WalRuns {
        private final WalSegmentSize size;
        private final List<WalRun> runs = new ArrayList<>();
        private WalFile.@Nullable Segment first;
        private WalFile.@Nullable Segment last;
        private long lastIndex;
        private long count;
        private long storedBytes;
        private Instant firstStored = Instant.EPOCH;
        private Instant lastStored = Instant.EPOCH;

        WalRuns(WalSegmentSize size) {
            this.size = size;
        }

        void add(WalFile.Segment segment, ObjectInfo object) {
            long index = segment.index(size);
            if (last != null && index != lastIndex + 1) {
                endRun();
            }
            if (first == null) {
                first = segment;
                firstStored = object.stored();
            }
            last = segment;
            lastIndex = index;
            count++;
            storedBytes += object.sizeBytes();
            lastStored = object.stored();
        }

        private void endRun() {
            if (first != null && last != null) {
                runs.add(new WalRun(first, last, count, storedBytes, firstStored, lastStored));
            }
            first = null;
            last = null;
            count = 0;
            storedBytes = 0;
        }

        List<WalRun> finish() {
            endRun();
            return List.copyOf(runs);
        }
    }
}
