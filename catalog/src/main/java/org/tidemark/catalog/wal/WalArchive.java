// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.wal;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.RepairedStore;
import org.tidemark.catalog.RepairedStore.RejectedAgainException;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.format.ContainerHeader;
import org.tidemark.catalog.format.ContainerHeader.ContentDigests;
import org.tidemark.catalog.format.ContainerKind;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.format.DecodedObject;
import org.tidemark.catalog.format.EncodedObject;
import org.tidemark.catalog.format.ObjectDecoder;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.layout.StoredPartial;
import org.tidemark.catalog.layout.WalPiece;
import org.tidemark.core.Lsn;
import org.tidemark.core.Sha256;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.WalFile;
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
        RepairedStore accepted = new RepairedStore(repository.objects());
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
        Repository repaired = repository.withRepairs();
        return repaired.repairs().orElseThrow().isRepaired(damaged)
                ? Optional.of(new WalArchive(repaired, identity))
                : Optional.empty();
    }

    /** Stores a piece of a segment that is being received. On return it is durable. */
    public void put(WalPiece piece, EncodedObject encoded) throws IOException {
        PutOutcome _ = put(keys.of(piece), ContainerKind.PIECE, piece.name(), encoded.header(), encoded.source());
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
        return contains(keys.named(keyName));
    }

    /** Whether a segment is archived; its content is not looked at. */
    public boolean contains(WalFile.Segment segment) throws IOException {
        return contains(keys.of(segment));
    }

    private boolean contains(ObjectKey key) throws IOException {
        boolean isThere = store.stat(key).isPresent();
        if (!isThere) {
            repository.confirmPresent();
        }
        return isThere;
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

    /**
     * Everything that is archived. Asks for one page for each 1,000 objects and one history for each timeline; keeps
     * what it tells, whatever the number of segments.
     */
    public WalInventory inventory() throws IOException {
        WalInventory inventory = new InventoryReader(this, store, identity, ObjectStore.MAX_PAGE).read();
        repository.confirmPresent();
        return inventory;
    }

    /** Lists what is stored of this WAL. */
    public WalListing listing() {
        return new WalListing(repository, identity);
    }

    /** The notes about WAL that is missing on purpose. */
    public WalGaps gaps() {
        return new WalGaps(store, identity);
    }

    /** What came of storing a WAL file; both mean that it is durable. */
    public enum PutOutcome {
        STORED,
        /** The same content was there, and was read whole to be sure. */
        ALREADY_THERE
    }
}
