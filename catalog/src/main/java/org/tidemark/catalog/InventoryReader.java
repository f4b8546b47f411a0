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
import org.tidemark.catalog.WalInventory.TimelineInventory;
import org.tidemark.catalog.WalInventory.WalHole;
import org.tidemark.catalog.WalInventory.WalRun;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.catalog.layout.StoredPartial;
import org.tidemark.catalog.layout.WalNames;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectStore;

/** Takes the inventory of one archive: of the pages of the listing, only the runs are kept. Not thread-safe. */
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
        List<Part> parts = new TimelineListing(store, keys.timeline(timeline)).visit(() -> new Part(timeline));
        List<List<WalRun>> found = new ArrayList<>();
        for (Part part : parts) {
            found.add(part.runs.finish());
            if (!part.partials.isEmpty()) {
                partials.computeIfAbsent(timeline, each -> new ArrayList<>()).addAll(part.partials);
            }
        }
        runs.put(timeline, WalRuns.joined(found, size));
    }

    /** A part of the listing of one timeline. Used by one thread. */
    private final class Part implements Listing.Visitor {
        private final String folder;
        private final WalRuns runs;
        private final List<StoredPartial> partials = new ArrayList<>();

        Part(Timeline timeline) {
            this.folder = keys.timeline(timeline);
            this.runs = new WalRuns(timeline, size);
        }

        @Override
        public void visit(ObjectInfo object) {
            long index = WalNames.segmentIndex(object.key(), folder, size);
            if (index >= 0) {
                runs.add(index, object);
            } else {
                noteOther(object);
            }
        }

        private void noteOther(ObjectInfo object) {
            switch (ObjectName.parse(keys, object.key())) {
                case ObjectName.Partial partial -> partials.add(partial.partial());
                // The listing is of one timeline's segments, where nothing but strays can lie beside them. A segment
                // that comes here does not fit the size.
                case ObjectName.Segment _,
                        ObjectName.BackupHistory _,
                        ObjectName.History _,
                        ObjectName.IncarnationIdentity _,
                        ObjectName.OfBackup _,
                        ObjectName.WalMark _,
                        ObjectName.RemovedWal _,
                        ObjectName.Attempt _,
                        ObjectName.Repaired _,
                        ObjectName.Reserved _,
                        ObjectName.Unknown _ -> {}
            }
        }
    }

    /** Makes runs of the segments of one timeline, which come in rising order. Not thread-safe. */
    static final class WalRuns {
        private final Timeline timeline;
        private final WalSegmentSize size;
        private final List<WalRun> runs = new ArrayList<>();
        private long first;
        private long last;
        private long count;
        private long storedBytes;
        private Instant firstStored = Instant.EPOCH;
        private Instant lastStored = Instant.EPOCH;

        WalRuns(Timeline timeline, WalSegmentSize size) {
            this.timeline = timeline;
            this.size = size;
        }

        void add(long index, ObjectInfo object) {
            if (count > 0 && index != last + 1) {
                endRun();
            }
            if (count == 0) {
                first = index;
                firstStored = object.stored();
            }
            last = index;
            count++;
            storedBytes += object.sizeBytes();
            lastStored = object.stored();
        }

        private void endRun() {
            if (count > 0) {
                runs.add(new WalRun(
                        WalFile.Segment.of(timeline, first, size),
                        WalFile.Segment.of(timeline, last, size),
                        count,
                        storedBytes,
                        firstStored,
                        lastStored));
            }
            count = 0;
            storedBytes = 0;
        }

        List<WalRun> finish() {
            endRun();
            return List.copyOf(runs);
        }

        /**
         * One list of the runs of several parts, where a run may go on from one part to the next.
         *
         * @param parts in rising order
         */
        static List<WalRun> joined(List<List<WalRun>> parts, WalSegmentSize size) {
            List<WalRun> all = new ArrayList<>();
            for (List<WalRun> part : parts) {
                boolean goesOn = !all.isEmpty()
                        && !part.isEmpty()
                        && all.getLast().last().index(size) + 1
                                == part.getFirst().first().index(size);
                if (goesOn) {
                    all.set(all.size() - 1, all.getLast().and(part.getFirst()));
                }
                all.addAll(part.subList(goesOn ? 1 : 0, part.size()));
            }
            return List.copyOf(all);
        }
    }
}
