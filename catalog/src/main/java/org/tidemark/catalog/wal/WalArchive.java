// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.wal;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.Listing;
import org.tidemark.catalog.RepairedStore;
import org.tidemark.catalog.RepairedStore.RejectedAgainException;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.format.ChecksummedJson;
import org.tidemark.catalog.format.ContainerHeader;
import org.tidemark.catalog.format.ContainerHeader.ContentDigests;
import org.tidemark.catalog.format.ContainerKind;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.format.DecodedObject;
import org.tidemark.catalog.format.EncodedObject;
import org.tidemark.catalog.format.ObjectDecoder;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.catalog.layout.StoredPartial;
import org.tidemark.catalog.layout.WalNames;
import org.tidemark.catalog.layout.WalPiece;
import org.tidemark.core.Lsn;
import org.tidemark.core.Sha256;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.ObjectMissing;
import org.tidemark.store.StoreTraits.ExclusiveCreate;

/**
 * The WAL of one incarnation. Nothing in it is ever overwritten, and "absent" is said only after the repository itself
 * was found to be there. Thread-safe.
 */
public final class WalArchive {
    /** PostgreSQL's histories have a line for each promotion. */
    private static final int LONGEST_HISTORY_BYTES = 16 << 20;

    /** Each one more follows an expiry that joined notes meanwhile. */
    private static final int MOST_READINGS = 5;

    private final Repository repository;
    private final ObjectStore store;
    private final ClusterIdentity identity;
    private final IncarnationKeys keys;

    public WalArchive(Repository repository, ClusterIdentity identity) {
        this.repository = repository;
        this.store = repository.store();
        this.identity = identity;
        this.keys = identity.keys();
    }

    /**
     * Archives a file that is no partial segment. On return it is durable.
     *
     * @throws WalConflictException if another content is archived under this name
     * @throws DamagedObjectException if the object that is archived under this name is damaged
     */
    public PutOutcome put(WalFile file, EncodedObject encoded) throws IOException {
        return put(keys.of(file), ContainerKind.of(file), file.name(), encoded.header(), encoded.source());
    }

    /**
     * Archives any file; see {@link #put(WalFile, EncodedObject)}. A partial segment is stored beside others of its
     * name that have other content.
     *
     * @param end for a partial segment the end of its last page that is not all zero
     */
    public PutOutcome put(WalFile file, Lsn end, EncodedObject encoded) throws IOException {
        ObjectKey key = keys.named(keyName(file, end, encoded));
        return put(key, ContainerKind.of(file), file.name(), encoded.header(), encoded.source());
    }

    /**
     * The last part of the key of a file, which with the incarnation tells all of the key.
     *
     * @param end for a partial segment the end of its last page that is not all zero
     */
    public static String keyName(WalFile file, Lsn end, EncodedObject encoded) {
        return file instanceof WalFile.PartialSegment partial
                ? StoredPartial.of(partial, end, encoded.digests().plain().hex())
                        .keyName()
                : file.name();
    }

    /**
     * Archives a container that was encoded earlier, or for another repository, as it is; see {@link #put(WalFile,
     * EncodedObject)}.
     *
     * @param keyName what {@link #keyName} gave for it
     * @throws DamagedObjectException also if the container is not the one that {@code keyName} says
     */
    public PutOutcome putStored(String keyName, ContainerHeader header, ObjectSource stored) throws IOException {
        if (!keyName.equals(header.name()) && !keyName.startsWith(header.name() + "-")) {
            throw new DamagedObjectException(new ObjectKey(keyName), "its header names '" + header.name() + "'");
        }
        return put(keys.named(keyName), header.kind(), header.name(), header, stored);
    }

    private PutOutcome put(ObjectKey key, ContainerKind kind, String name, ContainerHeader header, ObjectSource stored)
            throws IOException {
        if (!header.name().equals(name)
                || header.kind() != kind
                || header.system().value() != identity.system().value()) {
            throw new IllegalArgumentException("encoded as '" + header.name() + "' of system " + header.system()
                    + ", to be stored as '" + key + "'");
        }
        try {
            store.putIfAbsent(key, stored);
        } catch (ObjectExists e) {
            return putWhereOtherIs(key, kind, name, header, stored);
        }
        if (store.traits().exclusiveCreate() == ExclusiveCreate.CHECKED) {
            // Another writer may have been told "stored" as well; reading back finds out who was last.
            requireSame(store, key, kind, name, header);
        }
        return PutOutcome.STORED;
    }

    /** What is stored may have been rejected, or have a copy. Nobody else looks there for a push. */
    private PutOutcome putWhereOtherIs(
            ObjectKey key, ContainerKind kind, String name, ContainerHeader header, ObjectSource stored)
            throws IOException {
        RepairedStore accepted = new RepairedStore(store);
        boolean replaced;
        try {
            replaced = accepted.isRejected(key) && accepted.replace(key, stored, pushed(header));
        } catch (RejectedAgainException e) {
            throw new WalConflictException(name, identity, e.rejected(), pushed(header));
        }
        if (!replaced || store.traits().exclusiveCreate() == ExclusiveCreate.CHECKED) {
            requireSame(accepted, key, kind, name, header);
        }
        return replaced ? PutOutcome.STORED : PutOutcome.ALREADY_THERE;
    }

    private static Sha256 pushed(ContainerHeader header) {
        return header.content().map(ContentDigests::plain).orElseThrow();
    }

    /**
     * Reads what is stored whole: only an intact object of the same content counts as this file. No private key is
     * needed.
     */
    private void requireSame(
            ObjectStore archive, ObjectKey key, ContainerKind kind, String name, ContainerHeader header)
            throws IOException {
        Sha256 archived = ObjectDecoder.verify(archive, key, kind, name, identity.system())
                .plain();
        Sha256 pushed = pushed(header);
        if (!archived.hex().equals(pushed.hex())) {
            throw new WalConflictException(name, identity, archived, pushed);
        }
    }

    /**
     * The bytes of a file that is no partial segment, see {@link DecodedObject}; empty if it is proven absent. The
     * caller closes the stream.
     */
    public Optional<DecodedObject> open(WalFile file) throws IOException {
        return open(keys.of(file), ContainerKind.of(file), file.name());
    }

    /**
     * The same WAL, read from its repaired copies.
     *
     * @param damaged an object that could not be read; empty is returned if it has no repaired copy
     */
    public Optional<WalArchive> repaired(ObjectKey damaged) throws IOException {
        RepairedStore repaired = new RepairedStore(store);
        return repaired.isRepaired(damaged)
                ? Optional.of(new WalArchive(repository.withRepairs(), identity))
                : Optional.empty();
    }

    /** Stores a piece of a segment that is being received. On return it is durable. */
    public void put(WalPiece piece, EncodedObject encoded) throws IOException {
        PutOutcome _ = put(keys.of(piece), ContainerKind.PIECE, piece.name(), encoded.header(), encoded.source());
    }

    /** What each writer has stored of a segment while it received it. */
    public List<StreamedSegment> streamed(WalFile.Segment segment) throws IOException {
        List<WalPiece> stored = new ArrayList<>();
        Listing.visit(
                store,
                keys.pieces(segment),
                object -> WalPiece.parse(object.key()).ifPresent(stored::add));
        repository.confirmPresent();
        return StreamedSegment.of(segment, stored, identity.walSegmentSize());
    }

    /**
     * The next segment of the same timeline of which anything is stored: {@link #firstAfter}, or else one of which
     * pieces are.
     */
    public Optional<WalFile.Segment> firstStoredAfter(WalFile.Segment segment) throws IOException {
        Optional<WalFile.Segment> archived = archivedAfter(segment);
        Optional<WalFile.Segment> stored = archived.isPresent() ? archived : streamedAfter(segment);
        if (stored.isEmpty()) {
            repository.confirmPresent();
        }
        return stored;
    }

    private Optional<WalFile.Segment> streamedAfter(WalFile.Segment segment) throws IOException {
        // A '0' comes right after a '/', so this key comes after every piece of the segment itself.
        ObjectKey last = new ObjectKey(keys.pieces(segment.timeline()) + segment.name() + "0");
        Listing listing = Listing.after(last, store, keys.pieces(segment.timeline()));
        for (ObjectInfo object = listing.next(); object != null; object = listing.next()) {
            Optional<WalPiece> piece = WalPiece.parse(object.key());
            if (piece.isPresent() && piece.get().segment().compareTo(segment) > 0) {
                return piece.map(WalPiece::segment);
            }
        }
        return Optional.empty();
    }

    /** What one writer stored of a segment, with zeros after it; as long as the segment. The caller closes it. */
    public InputStream open(StreamedSegment streamed) {
        return streamed.content(identity.walSegmentSize(), this::open);
    }

    private DecodedObject open(WalPiece piece) throws IOException {
        ObjectKey key = keys.of(piece);
        DecodedObject content = ObjectDecoder.open(
                store, repository.privateKeys(), key, ContainerKind.PIECE, piece.name(), identity.system());
        if (content.digests().plainSize() != piece.end().minus(piece.start())) {
            content.close();
            throw new DamagedObjectException(key, "it does not have the length that its name says");
        }
        return content;
    }

    /** The digest of a segment's content, as its header tells it; empty if it is not there. */
    public Optional<Sha256> digest(WalFile.Segment file) throws IOException {
        try {
            return ObjectDecoder.header(store, keys.of(file), ContainerKind.WAL, file.name(), identity.system())
                    .content()
                    .map(ContentDigests::plain);
        } catch (ObjectMissing e) {
            return Optional.empty();
        }
    }

    /** A partial segment's bytes; empty if it is proven absent. */
    public Optional<DecodedObject> open(StoredPartial partial) throws IOException {
        return open(keys.of(partial), ContainerKind.WAL, partial.file().name());
    }

    private Optional<DecodedObject> open(ObjectKey key, ContainerKind kind, String name) throws IOException {
        try {
            return Optional.of(ObjectDecoder.open(store, repository.privateKeys(), key, kind, name, identity.system()));
        } catch (ObjectMissing e) {
            repository.confirmPresent();
            return Optional.empty();
        }
    }

    /** Where a segment is, or would be, archived. */
    public ObjectKey key(WalFile.Segment segment) {
        return keys.of(segment);
    }

    /** Where something is, or would be, archived whose key ends with what {@link #keyName} gave. */
    public ObjectKey key(String keyName) {
        return keys.named(keyName);
    }

    /** Whether something is archived under a key that {@link #keyName} gave; its content is not looked at. */
    public boolean containsStored(String keyName) throws IOException {
        if (store.stat(keys.named(keyName)).isPresent()) {
            return true;
        }
        repository.confirmPresent();
        return false;
    }

    /** Whether a segment is archived; its content is not looked at. */
    public boolean contains(WalFile.Segment segment) throws IOException {
        if (store.stat(keys.of(segment)).isPresent()) {
            return true;
        }
        repository.confirmPresent();
        return false;
    }

    /** The ancestors of a timeline; empty if its history is proven absent. Timeline 1 has none, and nobody is asked. */
    public Optional<TimelineHistory> history(Timeline timeline) throws IOException {
        if (timeline.id() == 1) {
            return Optional.of(TimelineHistory.root(timeline));
        }
        WalFile.TimelineHistoryFile file = new WalFile.TimelineHistoryFile(timeline);
        Optional<byte[]> content = read(file);
        return content.isPresent() ? Optional.of(parse(file, content.get())) : Optional.empty();
    }

    /**
     * The bytes of an archived history, which is read to its end and is one; empty if it is proven absent.
     *
     * @throws DamagedObjectException if it is damaged, or not a timeline history
     */
    public Optional<byte[]> content(WalFile.TimelineHistoryFile file) throws IOException {
        Optional<byte[]> content = read(file);
        if (content.isPresent()) {
            parse(file, content.get());
        }
        return content;
    }

    private Optional<byte[]> read(WalFile.TimelineHistoryFile file) throws IOException {
        Optional<DecodedObject> found = open(file);
        if (found.isEmpty()) {
            return Optional.empty();
        }
        try (InputStream content = found.get()) {
            byte[] bytes = content.readNBytes(LONGEST_HISTORY_BYTES);
            if (content.read() >= 0) {
                throw new DamagedObjectException(keys.of(file), "it is too long for a timeline history");
            }
            return Optional.of(bytes);
        }
    }

    private TimelineHistory parse(WalFile.TimelineHistoryFile file, byte[] content) throws DamagedObjectException {
        try {
            return TimelineHistory.parse(file.timeline(), new String(content, StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
            throw new DamagedObjectException(keys.of(file), "it is not a timeline history: " + e.getMessage(), e);
        }
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

    /**
     * The next segment of the same timeline that is archived, whole or partial, whether or not {@code segment} itself
     * is.
     */
    public Optional<WalFile.Segment> firstAfter(WalFile.Segment segment) throws IOException {
        Optional<WalFile.Segment> archived = archivedAfter(segment);
        if (archived.isEmpty()) {
            repository.confirmPresent();
        }
        return archived;
    }

    private Optional<WalFile.Segment> archivedAfter(WalFile.Segment segment) throws IOException {
        Listing listing = Listing.after(keys.of(segment), store, keys.timeline(segment.timeline()));
        for (ObjectInfo object = listing.next(); object != null; object = listing.next()) {
            Optional<WalFile.Segment> found = segmentOf(object.key());
            if (found.isPresent() && found.get().compareTo(segment) > 0) {
                return found;
            }
        }
        return Optional.empty();
    }

    /**
     * The first segment from {@code from} to {@code last} that is not archived; empty if all of them are. Lists what is
     * there, so that a thousand segments cost one request.
     *
     * @param last of the same timeline, not before {@code from}
     */
    public Optional<WalFile.Segment> firstMissing(WalFile.Segment from, WalFile.Segment last) throws IOException {
        WalSegmentSize size = identity.walSegmentSize();
        long next = from.index(size);
        Listing listing = Listing.from(keys.of(from), store, keys.timeline(from.timeline()));
        for (ObjectInfo object = listing.next(); object != null; object = listing.next()) {
            if (object.key().equals(keys.of(WalFile.Segment.of(from.timeline(), next, size)))) {
                if (next == last.index(size)) {
                    return Optional.empty();
                }
                next++;
            } else if (WalNames.segment(object.key().name()).isPresent()) {
                break;
            }
        }
        repository.confirmPresent();
        return Optional.of(WalFile.Segment.of(from.timeline(), next, size));
    }

    /** The first segment of a timeline of which anything is archived, whole or partial. */
    public Optional<WalFile.Segment> first(Timeline timeline) throws IOException {
        Listing listing = Listing.of(store, keys.timeline(timeline), 1);
        for (ObjectInfo object = listing.next(); object != null; object = listing.next()) {
            Optional<WalFile.Segment> found = segmentOf(object.key());
            if (found.isPresent()) {
                return found;
            }
        }
        repository.confirmPresent();
        return Optional.empty();
    }

    /**
     * Which of these segments are archived whole. Lists from the first of them to the last.
     *
     * @param segments one or more, of one timeline, rising
     */
    public Set<WalFile.Segment> archivedAmong(List<WalFile.Segment> segments) throws IOException {
        Set<WalFile.Segment> archived = new HashSet<>();
        WalFile.Segment first = segments.getFirst();
        Listing listing = Listing.from(keys.of(first), store, keys.timeline(first.timeline()));
        for (WalFile.Segment segment : segments) {
            if (listing.find(keys.of(segment)).isPresent()) {
                archived.add(segment);
            }
        }
        repository.confirmPresent();
        return archived;
    }

    private static Optional<WalFile.Segment> segmentOf(ObjectKey key) {
        return WalNames.segment(key.name()).or(() -> StoredPartial.parse(key).map(StoredPartial::segment));
    }

    /** Every archived partial segment of this name, the one that goes furthest last. */
    public List<StoredPartial> partials(WalFile.Segment segment) throws IOException {
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

    /**
     * Everything that is archived. Asks for one page for each 1,000 objects and one history for each timeline; keeps
     * what it tells, whatever the number of segments.
     */
    public WalInventory inventory() throws IOException {
        WalInventory inventory = reader(ObjectStore.MAX_PAGE).read();
        repository.confirmPresent();
        return inventory;
    }

    /** @param page how many objects are asked for at once */
    InventoryReader reader(int page) {
        return new InventoryReader(this, store, keys, identity.walSegmentSize(), page);
    }

    /** Tells what was removed, repaired and rejected from that of any other moment, without reading it. */
    Sha256 listedRemovals() throws IOException {
        MessageDigest digest = Sha256.newDigest();
        Listing.visit(store, keys.gaps(), object -> digest.update(listed(object)));
        Listing.visit(store, keys.repaired(), object -> digest.update(listed(object)));
        return Sha256.finish(digest);
    }

    private static byte[] listed(ObjectInfo object) {
        return (String.join(
                                " ",
                                object.key().value(),
                                Long.toString(object.sizeBytes()),
                                object.stored().toString())
                        + "\n")
                .getBytes(StandardCharsets.UTF_8);
    }

    /** What expiry removed, in order of keys. One that cannot be read is left out: what it says is a hole then. */
    public List<RemovedWal> removed() throws IOException {
        return gaps(ObjectName.RemovedWal.class, RemovedWal::decode);
    }

    /** What hosts gave up, in order of keys. One that cannot be read is left out: it only says why there is a hole. */
    public List<GivenUpWal> givenUp() throws IOException {
        return gaps(ObjectName.GivenUpWal.class, GivenUpWal::decode);
    }

    /** Stores durably that WAL was given up. The same range may be noted again. */
    public void noteGivenUp(GivenUpWal range) throws IOException {
        try {
            store.putIfAbsent(keys.givenUpWal(range.first(), range.last()), ObjectSource.of(range.encode()));
        } catch (ObjectExists e) {
            // It says the same.
        }
    }

    /** Reads the document of one gap. */
    private interface GapReader<G> {
        G decode(byte[] document, ObjectKey key) throws DamagedObjectException;
    }

    private <G> List<G> gaps(Class<? extends ObjectName> kind, GapReader<G> reader) throws IOException {
        for (int reading = 1; ; reading++) {
            List<G> gaps = new ArrayList<>();
            boolean replaced = false;
            Listing listing = Listing.of(store, keys.gaps());
            for (ObjectInfo object = listing.next(); object != null; object = listing.next()) {
                if (!kind.isInstance(ObjectName.parse(keys, object.key()))) {
                    continue;
                }
                try {
                    gaps.add(reader.decode(
                            ChecksummedJson.fetch(store, object.key(), ChecksummedJson.SMALL_BYTES), object.key()));
                } catch (ObjectMissing e) {
                    replaced = true;
                } catch (DamagedObjectException e) {
                    // Found by verify.
                }
            }
            // The note that replaced it may have come after this listing. A store that goes on listing deleted objects
            // is not asked for ever.
            if (!replaced || reading == MOST_READINGS) {
                return gaps;
            }
        }
    }

    /**
     * Notes that WAL is about to be removed, before any of it is.
     *
     * @return false if another run had noted the same range, and may have removed some of it
     */
    public boolean noteRemoval(RemovedWal range) throws IOException {
        try {
            store.putIfAbsent(key(range), ObjectSource.of(range.encode()));
            return true;
        } catch (ObjectExists e) {
            return false;
        }
    }

    /** Takes back a note for which {@link #noteRemoval} gave true: the WAL stays. */
    public void retractRemoval(RemovedWal range) throws IOException {
        store.delete(List.of(key(range)));
    }

    /**
     * Makes one of the notes whose ranges touch, so that each timeline has few of them.
     *
     * @param before younger notes stay as they are: the run that set one may still take it back
     */
    public void joinRemovals(Instant before) throws IOException {
        List<RemovedWal> noted = new ArrayList<>(removed());
        noted.removeIf(each -> !each.at().isBefore(before));
        noted.sort(Comparator.comparing(RemovedWal::first));
        int next = 0;
        while (next < noted.size()) {
            RemovedWal whole = noted.get(next);
            List<ObjectKey> parts = new ArrayList<>();
            while (next < noted.size() && noted.get(next).touches(whole, identity.walSegmentSize())) {
                whole = noted.get(next).and(whole);
                parts.add(key(noted.get(next)));
                next++;
            }
            if (parts.size() > 1) {
                noteRemoval(whole);
                parts.remove(key(whole));
                store.delete(parts);
            }
        }
    }

    private ObjectKey key(RemovedWal range) {
        return keys.removedWal(range.first(), range.last());
    }

    /** What came of storing a WAL file; both mean that it is durable. */
    public enum PutOutcome {
        STORED,
        /** The same content was there, and was read whole to be sure. */
        ALREADY_THERE
    }
}
