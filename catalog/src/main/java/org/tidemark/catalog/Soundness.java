// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.format.ChecksummedJson;
import org.tidemark.catalog.format.ContainerHeader.ContentDigests;
import org.tidemark.catalog.format.ContainerKind;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.format.ObjectDecoder;
import org.tidemark.catalog.format.StoredObject;
import org.tidemark.catalog.format.VerifiedSource;
import org.tidemark.catalog.layout.BackupKeys;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.core.Sha256;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStore;

/**
 * Compares the stored bytes of an object with the digest that it carries: a container in its header, a document at its
 * end. Of a bundle, the list of its backup has the digest. No private key is needed. Thread-safe.
 */
public final class Soundness {
    private static final int MAX_DOCUMENT_BYTES = 256 << 20;
    /** What was not found in a list may be listed later. */
    private static final Duration BELIEVED = Duration.ofSeconds(30);

    private final ObjectStore store;
    private final ObjectStore lists;
    private @Nullable Listed last;

    /** What the digest of some bytes says. */
    public enum Answer {
        /** They are as they were stored. */
        SOUND,
        DAMAGED,
        /** Nothing says which digest they have. */
        NO_DIGEST,
        /** The list that may say it is damaged itself, and is read again when it has been repaired. */
        NO_LIST
    }

    /**
     * The bundles of one backup, which are asked for one after the other.
     *
     * @param isWhole whether every list that was asked could be read
     */
    private record Listed(BackupKeys keys, Map<Integer, StoredObject> bundles, boolean isWhole, long atNanos) {}

    /**
     * @param store where the bytes are
     * @param lists the view in which lists of bundles are read
     */
    public Soundness(ObjectStore store, ObjectStore lists) {
        this.store = store;
        this.lists = lists;
    }

    /**
     * Whether bytes are as they were stored under a name.
     *
     * @param name under which they are read
     * @param at where they are: the object itself, or a copy of it
     * @param sizeBytes of what is there
     * @throws org.tidemark.store.StorageException if they cannot be read
     */
    public Answer ask(ObjectName.OfIncarnation name, ObjectKey at, long sizeBytes) throws IOException {
        return switch (name) {
            case ObjectName.Wal wal ->
                isContainer(name, at, sizeBytes, ContainerKind.WAL, wal.file().name());
            case ObjectName.History history ->
                isContainer(
                        name,
                        at,
                        sizeBytes,
                        ContainerKind.HISTORY,
                        history.file().name());
            case ObjectName.StreamPiece piece ->
                isContainer(
                        name, at, sizeBytes, ContainerKind.PIECE, piece.piece().name());
            case ObjectName.BundleList list ->
                isContainer(
                        name,
                        at,
                        sizeBytes,
                        ContainerKind.BUNDLES,
                        list.keys().id().value());
            case ObjectName.ManifestPart part ->
                isContainer(
                        name, at, sizeBytes, ContainerKind.MANIFEST, part.keys().numbered(part.number()));
            case ObjectName.PostgresManifest part ->
                isContainer(
                        name,
                        at,
                        sizeBytes,
                        ContainerKind.BACKUP_MANIFEST,
                        part.keys().numbered(part.number()));
            case ObjectName.Configuration files ->
                isContainer(
                        name,
                        at,
                        sizeBytes,
                        ContainerKind.CONFIGURATION,
                        files.keys().id().value());
            case ObjectName.Bundle bundle -> isListed(bundle, at, sizeBytes);
            case ObjectName.IncarnationIdentity _,
                    ObjectName.Intent _,
                    ObjectName.BackupDocument _,
                    ObjectName.WaitingDocument _,
                    ObjectName.BackupMark _,
                    ObjectName.WalMark _,
                    ObjectName.Tombstone _,
                    ObjectName.RemovedWal _,
                    ObjectName.GivenUpWal _,
                    ObjectName.Attempt _,
                    ObjectName.DrillEvidence _ -> isDocument(at);
            case ObjectName.Repaired _, ObjectName.Rejection _, ObjectName.Unknown _ -> Answer.NO_DIGEST;
        };
    }

    private Answer isContainer(
            ObjectName.OfIncarnation name, ObjectKey at, long sizeBytes, ContainerKind kind, String inHeader)
            throws IOException {
        return reads(VerifiedSource.container(
                store, at, sizeBytes, kind, inHeader, name.incarnation().system()));
    }

    private Answer isListed(ObjectName.Bundle bundle, ObjectKey at, long sizeBytes) throws IOException {
        Listed listed = bundles(bundle.keys());
        StoredObject expected = listed.bundles().get(bundle.number());
        if (expected == null) {
            return listed.isWhole() ? Answer.NO_DIGEST : Answer.NO_LIST;
        }
        return expected.sizeBytes() == sizeBytes ? reads(VerifiedSource.known(store, at, expected)) : Answer.DAMAGED;
    }

    /** By the list of the backup that stored them; if that was removed, by those of the backups that refer to them. */
    private synchronized Listed bundles(BackupKeys keys) throws IOException {
        Listed known = last;
        if (known != null && known.keys().equals(keys) && System.nanoTime() - known.atNanos() < BELIEVED.toNanos()) {
            return known;
        }
        Map<Integer, StoredObject> bundles = new HashMap<>();
        boolean isWhole = add(keys, keys, bundles);
        if (bundles.isEmpty()) {
            List<BackupKeys> others = new ArrayList<>();
            Listing.visit(lists, keys.incarnation().catalog(), object -> {
                if (ObjectName.parse(object.key()) instanceof ObjectName.BundleList list) {
                    others.add(list.keys());
                }
            });
            for (BackupKeys each : others) {
                isWhole &= add(keys, each, bundles);
            }
        }
        Listed listed = new Listed(keys, Map.copyOf(bundles), isWhole, System.nanoTime());
        last = isWhole ? listed : null;
        return listed;
    }

    /** Whether the list of a backup says all. */
    private boolean add(BackupKeys of, BackupKeys by, Map<Integer, StoredObject> bundles) throws IOException {
        Optional<List<BundleRef>> listed = BundleRef.listed(lists, by);
        for (BundleRef each : listed.orElse(List.of())) {
            if (each.id().equals(of.id())) {
                bundles.putIfAbsent(each.number(), each.object());
            }
        }
        return listed.isPresent();
    }

    /**
     * The digest of the content of WAL, which repositories store in different forms.
     *
     * @return empty for anything else
     * @throws DamagedObjectException if the header does not say it
     */
    public Optional<Sha256> content(ObjectName.OfIncarnation name, ObjectKey at) throws IOException {
        return switch (name) {
            case ObjectName.Wal wal ->
                content(name, at, ContainerKind.WAL, wal.file().name());
            case ObjectName.History history ->
                content(name, at, ContainerKind.HISTORY, history.file().name());
            case ObjectName.StreamPiece piece ->
                content(name, at, ContainerKind.PIECE, piece.piece().name());
            default -> Optional.empty();
        };
    }

    private Optional<Sha256> content(ObjectName.OfIncarnation name, ObjectKey at, ContainerKind kind, String inHeader)
            throws IOException {
        return ObjectDecoder.header(
                        store, at, kind, inHeader, name.incarnation().system())
                .content()
                .map(ContentDigests::plain);
    }

    private static Answer reads(VerifiedSource source) throws IOException {
        try (InputStream in = source.open()) {
            in.transferTo(OutputStream.nullOutputStream());
            return Answer.SOUND;
        } catch (DamagedObjectException e) {
            return Answer.DAMAGED;
        }
    }

    private Answer isDocument(ObjectKey at) throws IOException {
        try {
            ChecksummedJson.open(ChecksummedJson.fetch(store, at, MAX_DOCUMENT_BYTES), at);
            return Answer.SOUND;
        } catch (DamagedObjectException e) {
            return Answer.DAMAGED;
        }
    }
}
