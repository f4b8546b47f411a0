// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.wal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Predicate;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.Listing;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.layout.StoredPartial;
import org.tidemark.catalog.layout.WalNames;
import org.tidemark.catalog.layout.WalPiece;
import org.tidemark.core.Sha256;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStore;

/**
 * Lists the archived WAL of one incarnation, as far as a question needs. "Absent" is said only after the repository
 * itself was found to be there. Thread-safe.
 */
public final class WalListing {
    private final Repository repository;
    private final ObjectStore store;
    private final ClusterIdentity identity;
    private final IncarnationKeys keys;

    WalListing(Repository repository, ClusterIdentity identity) {
        this.repository = repository;
        this.store = repository.store();
        this.identity = identity;
        this.keys = identity.keys();
    }

    /** Every timeline of which WAL or a history is archived, rising. */
    public List<Timeline> timelines() throws IOException {
        TreeSet<Timeline> timelines = new TreeSet<>();
        for (String name : Listing.folders(store, keys.wal())) {
            WalNames.timeline(name).ifPresent(timelines::add);
        }
        timelines.addAll(historiesStored().keySet());
        repository.confirmPresent();
        return List.copyOf(timelines);
    }

    /** When each archived history was stored, by the store's clock: at the promotion, or soon after it. */
    public SortedMap<Timeline, Instant> historiesStored() throws IOException {
        SortedMap<Timeline, Instant> stored = new TreeMap<>();
        Listing.visit(
                store,
                keys.histories(),
                object -> WalNames.history(object.key()).ifPresent(timeline -> stored.put(timeline, object.stored())));
        return stored;
    }

    /** The first segment of a timeline of which anything is archived, whole or partial. */
    public Optional<Segment> first(Timeline timeline) throws IOException {
        return confirmed(first(Listing.of(store, keys.timeline(timeline), 1), WalListing::archived, any -> true));
    }

    /**
     * The next segment of the same timeline that is archived, whole or partial, whether or not {@code segment} itself
     * is.
     */
    public Optional<Segment> firstAfter(Segment segment) throws IOException {
        return confirmed(archivedAfter(segment));
    }

    /**
     * The next segment of the same timeline of which anything is stored: {@link #firstAfter}, or else one of which
     * pieces are.
     */
    public Optional<Segment> firstStoredAfter(Segment segment) throws IOException {
        Optional<Segment> archived = archivedAfter(segment);
        return confirmed(archived.isPresent() ? archived : streamedAfter(segment));
    }

    private Optional<Segment> archivedAfter(Segment segment) throws IOException {
        Listing listing = Listing.after(keys.of(segment), store, keys.timeline(segment.timeline()));
        return first(listing, WalListing::archived, found -> found.compareTo(segment) > 0);
    }

    private Optional<Segment> streamedAfter(Segment segment) throws IOException {
        // A '0' comes right after a '/', so this key comes after every piece of the segment itself.
        ObjectKey last = new ObjectKey(keys.pieces(segment.timeline()) + segment.name() + "0");
        return first(
                Listing.after(last, store, keys.pieces(segment.timeline())),
                key -> WalPiece.parse(key).map(WalPiece::segment),
                found -> found.compareTo(segment) > 0);
    }

    /** The segment of which a part or all is archived under a key. */
    private static Optional<Segment> archived(ObjectKey key) {
        return WalNames.segment(key.name()).or(() -> StoredPartial.parse(key).map(StoredPartial::segment));
    }

    private static Optional<Segment> first(
            Listing listing, Function<ObjectKey, Optional<Segment>> parser, Predicate<Segment> wanted)
            throws IOException {
        for (ObjectInfo object = listing.next(); object != null; object = listing.next()) {
            Optional<Segment> found = parser.apply(object.key()).filter(wanted);
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    private Optional<Segment> confirmed(Optional<Segment> found) throws IOException {
        if (found.isEmpty()) {
            repository.confirmPresent();
        }
        return found;
    }

    /**
     * The first segment from {@code from} to {@code last} that is not archived; empty if all of them are. Lists what is
     * there, so that a thousand segments cost one request.
     *
     * @param last of the same timeline, not before {@code from}
     */
    public Optional<Segment> firstMissing(Segment from, Segment last) throws IOException {
        WalSegmentSize size = identity.walSegmentSize();
        long next = from.index(size);
        Listing listing = Listing.from(keys.of(from), store, keys.timeline(from.timeline()));
        for (ObjectInfo object = listing.next(); object != null; object = listing.next()) {
            if (object.key().equals(keys.of(Segment.of(from.timeline(), next, size)))) {
                if (next == last.index(size)) {
                    return Optional.empty();
                }
                next++;
            } else if (WalNames.segment(object.key().name()).isPresent()) {
                break;
            }
        }
        repository.confirmPresent();
        return Optional.of(Segment.of(from.timeline(), next, size));
    }

    /**
     * A digest of the names and the stored sizes of some segments, and of which of their copies count: the same as long
     * as the same objects are archived.
     *
     * @param last of the same timeline, not before {@code first}
     * @return empty if not all of them are archived
     */
    public Optional<Sha256> digest(Segment first, Segment last) throws IOException {
        WalSegmentSize size = identity.walSegmentSize();
        MessageDigest digest = Sha256.newDigest();
        Listing listing = Listing.from(keys.of(first), store, keys.timeline(first.timeline()));
        for (long index = first.index(size); index <= last.index(size); index++) {
            ObjectKey key = keys.of(Segment.of(first.timeline(), index, size));
            Optional<ObjectInfo> found = listing.find(key);
            if (found.isEmpty()) {
                return Optional.empty();
            }
            int copy = repository.repairs().isPresent()
                    ? repository.repairs().get().number(key)
                    : 0;
            digest.update((key.name() + ' ' + found.get().sizeBytes() + (copy == 0 ? "" : " " + copy) + '\n')
                    .getBytes(StandardCharsets.US_ASCII));
        }
        return Optional.of(Sha256.finish(digest));
    }

    /**
     * Which of these segments are archived whole. Lists from the first of them to the last.
     *
     * @param segments one or more, of one timeline, rising
     */
    public Set<Segment> archivedAmong(List<Segment> segments) throws IOException {
        Set<Segment> archived = new HashSet<>();
        Segment first = segments.getFirst();
        Listing listing = Listing.from(keys.of(first), store, keys.timeline(first.timeline()));
        for (Segment segment : segments) {
            if (listing.find(keys.of(segment)).isPresent()) {
                archived.add(segment);
            }
        }
        repository.confirmPresent();
        return archived;
    }

    /** Every archived partial segment of this name, the one that goes furthest last. */
    public List<StoredPartial> partials(Segment segment) throws IOException {
        List<StoredPartial> partials = new ArrayList<>();
        Listing listing = Listing.after(keys.of(segment), store, keys.log(segment));
        ObjectInfo object = listing.next();
        while (object != null && object.key().name().startsWith(segment.name())) {
            StoredPartial.parse(object.key()).ifPresent(partials::add);
            object = listing.next();
        }
        repository.confirmPresent();
        return List.copyOf(partials);
    }

    /** What each writer has stored of a segment while it received it. */
    public List<StreamedSegment> streamed(Segment segment) throws IOException {
        List<WalPiece> stored = new ArrayList<>();
        Listing.visit(
                store,
                keys.pieces(segment),
                object -> WalPiece.parse(object.key()).ifPresent(stored::add));
        repository.confirmPresent();
        return StreamedSegment.of(segment, stored, identity.walSegmentSize());
    }
}
