// SPDX-License-Identifier: Apache-2.0
package org.tidemark.replicate;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.tidemark.catalog.ChecksummedJson;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.ContainerKind;
import org.tidemark.catalog.DamagedObjectException;
import org.tidemark.catalog.Listing;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.backup.StoredObject;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.BackupKeys;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.Workers;
import org.tidemark.replicate.SyncOptions.Comparing;
import org.tidemark.replicate.SyncOptions.SyncMode;
import org.tidemark.replicate.SyncReport.SyncProblem.Kind;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.ObjectMissing;

/** Copies backups: their data, then their manifests, and {@code backup.json} last of all, when their WAL is there. */
record BackupSync(ClusterArchive source, ClusterArchive target, ObjectTransfer transfer, Workers pool) {
    private static final int MAX_DOCUMENT_BYTES = 256 << 20;
    private static final int MAX_MARKS = 1_000;

    void run() throws IOException {
        Set<BackupId> there = new HashSet<>();
        for (CatalogEntry entry : target.backups().list()) {
            switch (entry) {
                case CatalogEntry.Published published -> there.add(published.id());
                case CatalogEntry.Unreadable damaged -> {
                    there.add(damaged.id()); // it cannot be replaced
                    transfer.problem(
                            Kind.DAMAGED,
                            damaged.id().value(),
                            "in " + transfer.to().description() + " its backup.json cannot be read: "
                                    + damaged.problem());
                }
                case CatalogEntry.Unpublished cutOff -> {}
            }
        }
        for (CatalogEntry entry : source.backups().list()) {
            if (entry instanceof CatalogEntry.Published published) {
                BaseBackup backup = published.backup();
                if (!there.contains(backup.id())) {
                    copy(backup);
                } else {
                    compare(backup);
                }
                if (transfer.options().mode() == SyncMode.COPY) {
                    try {
                        marks(backup.keys());
                    } catch (DamagedObjectException e) {
                        transfer.problem(Kind.DAMAGED, e.key().value(), "in one of the two, " + e.problem());
                    }
                }
            } else if (entry instanceof CatalogEntry.Unreadable damaged) {
                transfer.problem(
                        Kind.DAMAGED,
                        damaged.id().value(),
                        "in " + transfer.from().description() + " its backup.json cannot be read: "
                                + damaged.problem());
            }
        }
    }

    /** Copies one backup. */
    void copy(BaseBackup backup) throws IOException {
        BackupKeys keys = backup.keys();
        try {
            if (!claims(keys)) {
                return;
            }
            AtomicBoolean complete = new AtomicBoolean(true);
            for (Map.Entry<ObjectKey, StoredObject> each : objects(backup).entrySet()) {
                pool.submit(() -> and(complete, transfer.known(each.getKey(), each.getValue())));
            }
            pool.await();
            if (complete.get() && hasItsWal(backup)) {
                publish(keys, backup);
            } else {
                transfer.problem(
                        Kind.INCOMPLETE,
                        backup.id().value(),
                        "is not published in " + transfer.to().description() + ": "
                                + (complete.get()
                                        ? "not all of its WAL is there"
                                        : "not all of its objects are there"));
            }
        } catch (DamagedObjectException e) {
            transfer.damaged(transfer.from(), e);
        } catch (ObjectMissing e) {
            transfer.problem(Kind.DAMAGED, backup.id().value(), String.valueOf(e.getMessage()));
        }
    }

    private static void and(AtomicBoolean complete, boolean one) {
        if (!one) {
            complete.set(false);
        }
    }

    /** Claims the id: it belongs to the same backup in the other repository as well. */
    private boolean claims(BackupKeys keys) throws IOException {
        if (transfer.options().mode() == SyncMode.DRY_RUN) {
            return true;
        }
        byte[] intent = ChecksummedJson.fetch(transfer.from(), keys.intent(), ChecksummedJson.SMALL_BYTES);
        ChecksummedJson.open(intent, keys.intent());
        return sameOrConflict(keys.intent(), intent);
    }

    private void publish(BackupKeys keys, BaseBackup backup) throws IOException {
        if (transfer.options().mode() == SyncMode.COPY) {
            byte[] document = ChecksummedJson.fetch(transfer.from(), keys.backup(), MAX_DOCUMENT_BYTES);
            ChecksummedJson.open(document, keys.backup());
            if (!sameOrConflict(keys.backup(), document)) {
                return;
            }
        }
        transfer.counts().published(backup.id().value());
    }

    private boolean sameOrConflict(ObjectKey key, byte[] document) throws IOException {
        if (Arrays.equals(transfer.document(key, document), document)) {
            return true;
        }
        transfer.conflict(key);
        return false;
    }

    private boolean hasItsWal(BaseBackup backup) throws IOException {
        if (transfer.options().mode() == SyncMode.DRY_RUN) {
            return true;
        }
        List<Segment> segments =
                backup.wal().segments(backup.origin().walSegmentSize()).toList();
        for (Segment segment : segments) {
            ObjectKey key = target.wal().key(segment);
            if (!transfer.compare(key, new ObjectTransfer.Identity(ContainerKind.WAL, segment.name()))) {
                return false;
            }
        }
        return true;
    }

    /** A backup that both have: it is compared, and what the other repository lost of it is copied once more. */
    private void compare(BaseBackup backup) throws IOException {
        try {
            if (isTheSame(backup)) {
                compareObjects(backup);
            }
        } catch (DamagedObjectException e) {
            transfer.damaged(transfer.from(), e);
        } catch (ObjectMissing e) {
            transfer.problem(Kind.DAMAGED, backup.id().value(), String.valueOf(e.getMessage()));
        }
    }

    private void compareObjects(BaseBackup backup) throws IOException {
        // Listed, not asked for one by one: a thousand bundles are one question.
        Map<ObjectKey, Long> there = new HashMap<>();
        String documents = backup.keys().bundles().value();
        for (String folder : List.of(backup.keys().data(), documents.substring(0, documents.lastIndexOf('/') + 1))) {
            Listing.visit(transfer.to(), folder, object -> there.put(object.key(), object.sizeBytes()));
        }
        for (Map.Entry<ObjectKey, StoredObject> each : objects(backup).entrySet()) {
            Long size = there.get(each.getKey());
            pool.submit(() -> compare(each.getKey(), each.getValue(), size));
        }
        pool.await();
    }

    private void compare(ObjectKey key, StoredObject expected, @Nullable Long listedSize) throws IOException {
        if (listedSize == null) {
            transfer.known(key, expected);
        } else if (transfer.options().comparing() == Comparing.DIGESTS) {
            transfer.verify(transfer.from(), key, expected);
            transfer.verify(transfer.to(), key, expected);
            transfer.counts().compared();
        } else if (listedSize != expected.sizeBytes()) {
            transfer.otherSize(key, listedSize, expected);
        }
    }

    private boolean isTheSame(BaseBackup backup) throws IOException {
        ObjectKey key = backup.keys().backup();
        transfer.counts().compared();
        byte[] here = ChecksummedJson.fetch(transfer.from(), key, MAX_DOCUMENT_BYTES);
        byte[] there = ChecksummedJson.fetch(transfer.to(), key, MAX_DOCUMENT_BYTES);
        boolean same = Arrays.equals(here, there);
        if (!same && transfer.options().comparing() == Comparing.DIGESTS) {
            transfer.conflict(key);
        }
        return same;
    }

    /**
     * Copies marks, except those that say what was read in the other repository: they would be false for this one. Each
     * repository numbers its own marks.
     */
    private void marks(BackupKeys keys) throws IOException {
        List<byte[]> here = documents(transfer.from(), keys);
        if (here.isEmpty()) {
            return;
        }
        List<byte[]> there = documents(transfer.to(), keys);
        int number = there.size();
        for (byte[] mark : here) {
            ObjectKey key = keys.mark(1);
            Optional<String> kind = ChecksummedJson.read(mark, key).find("kind", String.class);
            boolean isOfThatRepository = kind.equals(Optional.of("verified")) || kind.equals(Optional.of("drill"));
            if (!isOfThatRepository && there.stream().noneMatch(each -> Arrays.equals(each, mark))) {
                do {
                    number++;
                } while (!Arrays.equals(transfer.document(keys.mark(number), mark), mark) && number < MAX_MARKS);
            }
        }
    }

    private static List<byte[]> documents(ObjectStore store, BackupKeys keys) throws IOException {
        List<ObjectKey> found = new ArrayList<>();
        Listing.visit(store, keys.marks(), object -> found.add(object.key()));
        List<byte[]> documents = new ArrayList<>();
        for (ObjectKey key : found) {
            byte[] document = ChecksummedJson.fetch(store, key, ChecksummedJson.SMALL_BYTES);
            ChecksummedJson.open(document, key);
            documents.add(document);
        }
        return documents;
    }

    /**
     * The objects of a backup apart from its documents, with the size and digest of each, as {@code backup.json} lists
     * them: some 150 bytes in memory for each.
     */
    private Map<ObjectKey, StoredObject> objects(BaseBackup backup) throws IOException {
        BackupCatalog catalog = source.backups();
        BackupKeys keys = backup.keys();
        Map<ObjectKey, StoredObject> objects = new LinkedHashMap<>();
        for (BundleRef bundle : catalog.bundles(backup).values()) {
            objects.put(catalog.keys(bundle.id()).bundle(bundle.number()), bundle.object());
        }
        backup.manifests().forEach((part, object) -> objects.put(part.key(), object));
        objects.put(keys.bundles(), backup.objects().bundles());
        return objects;
    }
}
