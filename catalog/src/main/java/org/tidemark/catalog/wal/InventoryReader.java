// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.wal;

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
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.Listing;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.catalog.layout.StoredPartial;
import org.tidemark.catalog.layout.WalNames;
import org.tidemark.catalog.wal.CountedWal.OlderWal;
import org.tidemark.catalog.wal.WalInventory.TimelineInventory;
import org.tidemark.catalog.wal.WalInventory.WalHole;
import org.tidemark.catalog.wal.WalInventory.WalRun;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
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
    private final SortedMap<Timeline, OlderWal> older = new TreeMap<>();
    private final int page;

    /** So many parts of a long listing are the newer WAL: segments may be archived late, and in any order. */
    private static final int NEWER_PARTS = 2;

    /** @param page how many objects are asked for at once */
    InventoryReader(WalArchive archive, ObjectStore store, ClusterIdentity identity, int page) {
        this.archive = archive;
        this.store = store;
        this.keys = identity.keys();
        this.size = identity.walSegmentSize();
        this.page = page;
    }

    /** Lists everything. */
    WalInventory read() throws IOException {
        for (Timeline timeline : archive.listing().timelines()) {
            readTimeline(timeline, Optional.empty());
        }
        return inventory(Optional.empty());
    }

    /** After {@link #read}: the older part of each timeline whose listing was long. */
    SortedMap<Timeline, OlderWal> older() {
        return older;
    }

    /** Lists what a count does not have; empty if the count cannot be right. */
    Optional<WalInventory> readAfter(CountedWal counted) throws IOException {
        for (Map.Entry<Timeline, OlderWal> each : counted.older().entrySet()) {
            if (!hasEnds(each.getKey(), each.getValue())) {
                return Optional.empty();
            }
        }
        for (Timeline timeline : archive.listing().timelines()) {
            readTimeline(timeline, Optional.ofNullable(counted.older().get(timeline)));
        }
        WalInventory inventory = inventory(Optional.of(counted.at()));
        return counted.overlaps(inventory.removed()) ? Optional.empty() : Optional.of(inventory);
    }

    /** Whether the first object of a timeline is still the first, and the last one that was counted is there. */
    private boolean hasEnds(Timeline timeline, OlderWal counted) throws IOException {
        List<ObjectInfo> first =
                store.list(keys.timeline(timeline), Optional.empty(), 1).objects();
        return !first.isEmpty()
                && first.getFirst().key().equals(counted.first())
                && store.stat(counted.last()).isPresent();
    }

    private WalInventory inventory(Optional<Instant> counted) throws IOException {
        Map<Timeline, Instant> stored = archive.listing().historiesStored();
        List<RemovedWal> removed = archive.gaps().removed();
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
        List<GivenUpWal> givenUp = holes.isEmpty() ? List.of() : archive.gaps().givenUp();
        return new WalInventory(timelines, removed, givenUp, counted);
    }

    /** @param known what need not be listed */
    private void readTimeline(Timeline timeline, Optional<OlderWal> known) throws IOException {
        try {
            archive.history(timeline).ifPresent(history -> histories.put(timeline, history));
        } catch (DamagedObjectException e) {
            problems.put(timeline, e.getMessage());
        }
        List<OlderWal> found = new ArrayList<>();
        known.ifPresent(found::add);
        new TimelineListing(store, keys.timeline(timeline), page, known.map(OlderWal::last))
                .visit(() -> new Part(timeline))
                .forEach(part -> part.finish().ifPresent(found::add));
        if (found.size() > NEWER_PARTS) {
            older.put(timeline, joined(found.subList(0, found.size() - NEWER_PARTS)));
        }
        if (found.isEmpty()) {
            runs.put(timeline, List.of());
        } else {
            OlderWal whole = joined(found);
            runs.put(timeline, whole.runs());
            partials.put(timeline, whole.partials());
        }
    }

    /** @param parts in rising order, one or more */
    private OlderWal joined(List<OlderWal> parts) {
        return new OlderWal(
                parts.getFirst().first(),
                parts.getLast().last(),
                WalRuns.joined(parts.stream().map(OlderWal::runs).toList(), size),
                parts.stream().flatMap(each -> each.partials().stream()).toList());
    }

    /** A part of the listing of one timeline. Used by one thread. */
    private final class Part implements Listing.Visitor {
        private final String folder;
        private final WalRuns runs;
        private final List<StoredPartial> partials = new ArrayList<>();
        private @Nullable ObjectKey first;
        private @Nullable ObjectKey last;

        Part(Timeline timeline) {
            this.folder = keys.timeline(timeline);
            this.runs = new WalRuns(timeline, size);
        }

        /** What was seen; empty if it was nothing. */
        Optional<OlderWal> finish() {
            return first == null || last == null
                    ? Optional.empty()
                    : Optional.of(new OlderWal(first, last, runs.finish(), partials));
        }

        @Override
        public void visit(ObjectInfo object) {
            first = first == null ? object.key() : first;
            last = object.key();
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
                // The listing is of one timeline's segments, where nothing but strays can be beside them. A segment
                // that comes here does not fit the size.
                case ObjectName.Segment _,
                        ObjectName.BackupHistory _,
                        ObjectName.History _,
                        ObjectName.IncarnationIdentity _,
                        ObjectName.OfBackup _,
                        ObjectName.WalMark _,
                        ObjectName.RemovedWal _,
                        ObjectName.GivenUpWal _,
                        ObjectName.Attempt _,
                        ObjectName.DrillEvidence _,
                        ObjectName.Repaired _,
                        ObjectName.StreamPiece _,
                        ObjectName.Rejection _,
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
