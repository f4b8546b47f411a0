// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.wal;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.Listing;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelinePath;
import org.tidemark.core.TimelinePath.Stretch;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectStore;

/**
 * Lists the WAL of one incarnation in one repository, from the position on that a plan needs: an archive of years has a
 * million segments, of which a recovery reads the last hundred. Lists nothing twice. Used by one thread.
 */
public final class RepositoryWal {
    /** The first object of a timeline is its first segment, unless something foreign is before it. */
    private static final int FIRST_PAGE = 4;

    private final ClusterArchive archive;
    private final ObjectStore store;
    private final IncarnationKeys keys;
    private final WalSegmentSize size;
    private final Set<Segment> leftOut;
    private final Map<Timeline, Listed> timelines = new HashMap<>();

    /**
     * Lists the beginning of each timeline.
     *
     * @param timelines those of the archive; what else is stored from now on is not seen
     * @param leftOut counted as missing
     */
    public RepositoryWal(ClusterArchive archive, Collection<Timeline> timelines, Set<Segment> leftOut)
            throws IOException {
        this.leftOut = Set.copyOf(leftOut);
        this.archive = archive;
        this.store = archive.repository().store();
        this.keys = archive.identity().keys();
        this.size = archive.identity().walSegmentSize();
        for (Timeline timeline : timelines) {
            this.timelines.put(timeline, beginning(timeline));
        }
    }

    /**
     * What was listed of a timeline.
     *
     * @param from every segment from this one on
     * @param first the first segment of all, whole or partial
     */
    private record Listed(long from, OptionalLong first, TimelineWal whole, List<ArchivedWal.Partial> partials) {}

    /** The first object of each timeline, which says when it began, and whatever else was listed. */
    public ArchivedWal listed() {
        Map<Timeline, TimelineWal> segments = new HashMap<>();
        List<ArchivedWal.Partial> partials = new ArrayList<>();
        timelines.forEach((timeline, each) -> {
            segments.put(timeline, each.whole());
            partials.addAll(each.partials());
        });
        return new ArchivedWal(size, segments, partials);
    }

    /**
     * All WAL of the paths from a position on, and all WAL that is not on every path.
     *
     * @param from the first segment, counted from 0/0
     */
    public ArchivedWal since(long from, Collection<TimelinePath> paths) throws IOException {
        for (Map.Entry<Timeline, Listed> each : timelines.entrySet()) {
            Listed known = each.getValue();
            long needed = Long.MAX_VALUE;
            for (TimelinePath path : paths) {
                needed = Math.min(needed, needed(each.getKey(), known.first(), from, path));
            }
            if (needed < known.from()) {
                each.setValue(list(each.getKey(), needed, known));
            }
        }
        // An unmounted disk lists nothing: an empty listing is believed only after this check.
        archive.repository().confirmPresent();
        return listed();
    }

    private static long needed(Timeline timeline, OptionalLong first, long from, TimelinePath path) {
        for (Stretch stretch : path.stretches()) {
            boolean isOnPath = stretch.timeline().equals(timeline) && stretch.first() <= stretch.last();
            if (isOnPath && first.orElse(0) >= stretch.first()) {
                return Math.min(from, stretch.last());
            }
        }
        return 0;
    }

    private Listed beginning(Timeline timeline) throws IOException {
        Portion portion = new Portion();
        Listing listing = Listing.of(store, keys.timeline(timeline), FIRST_PAGE);
        for (ObjectInfo object = listing.next(); object != null; object = listing.next()) {
            portion.add(object);
            if (portion.first.isPresent()) {
                return portion.from(Long.MAX_VALUE);
            }
        }
        return portion.from(0);
    }

    private Listed list(Timeline timeline, long from, Listed known) throws IOException {
        Portion portion = new Portion();
        Listing listing;
        if (from <= known.first().orElse(0)) {
            listing = Listing.of(store, keys.timeline(timeline));
        } else {
            portion.begin(known);
            listing = Listing.from(keys.of(Segment.of(timeline, from, size)), store, keys.timeline(timeline));
        }
        for (ObjectInfo object = listing.next(); object != null; object = listing.next()) {
            portion.add(object);
        }
        return portion.from(from);
    }

    /** A part of one timeline's listing, in rising order. */
    private final class Portion {
        private final TimelineWal.Builder whole = new TimelineWal.Builder();
        private final List<ArchivedWal.Partial> partials = new ArrayList<>();
        private OptionalLong first = OptionalLong.empty();

        /** Begins with what is known of the first segment. */
        void begin(Listed known) {
            first = known.first();
            long index = first.orElse(-1);
            if (known.whole().contains(index)) {
                whole.add(
                        index,
                        known.whole().runs(index, index).getFirst().bytes(),
                        known.whole().stored(index).orElseThrow());
            }
            known.partials().stream()
                    .filter(each -> each.segment().index(size) == index)
                    .forEach(partials::add);
        }

        void add(ObjectInfo object) {
            switch (ObjectName.parse(keys, object.key())) {
                case ObjectName.Segment segment -> {
                    if (segment.file().fits(size)) {
                        long index = segment.file().index(size);
                        note(index);
                        if (!leftOut.contains(segment.file())) {
                            whole.add(index, object.sizeBytes(), object.stored());
                        }
                    }
                }
                case ObjectName.Partial name -> {
                    if (name.partial().segment().fits(size)) {
                        note(name.partial().segment().index(size));
                        partials.add(new ArchivedWal.Partial(
                                name.partial().segment(), name.partial().end(), object.stored()));
                    }
                }
                // Nothing that a recovery reads.
                case ObjectName.BackupHistory _,
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

        private void note(long index) {
            first = first.isPresent() ? first : OptionalLong.of(index);
        }

        Listed from(long from) {
            return new Listed(from, first, whole.build(), List.copyOf(partials));
        }
    }
}
