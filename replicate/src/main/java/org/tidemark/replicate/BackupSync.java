// SPDX-License-Identifier: Apache-2.0
package org.tidemark.replicate;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.tidemark.catalog.ChecksummedJson;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.ContainerKind;
import org.tidemark.catalog.DamagedObjectException;
import org.tidemark.catalog.Listing;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.backup.StoredObject;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.BackupKeys;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.Workers;
import org.tidemark.replicate.PublishedBackups.BackupObjects;
import org.tidemark.replicate.SyncOptions.SyncMode;
import org.tidemark.replicate.SyncReport.SyncCounts;
import org.tidemark.replicate.SyncReport.SyncProblem.Kind;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.ObjectMissing;

/** Copies backups: their data, then their manifests, and {@code backup.json} last of all, when their WAL is there. */
final class BackupSync {
    static final int MAX_DOCUMENT_BYTES = 256 << 20;
    private static final int MAX_MARKS = 1_000;

    private final ClusterArchive source;
    private final ClusterArchive target;
    private final ObjectStore from;
    private final ObjectStore to;
    private final SyncOptions options;
    private final ObjectTransfer transfer;
    private final SyncCounts counts;

    BackupSync(
            ClusterArchive source,
            ClusterArchive target,
            SyncOptions options,
            ObjectTransfer transfer,
            SyncCounts counts) {
        this.source = source;
        this.target = target;
        this.from = source.repository().store();
        this.to = target.repository().store();
        this.options = options;
        this.transfer = transfer;
        this.counts = counts;
    }

    void run(Workers pool) throws IOException {
        BackupCatalog catalog = source.backups();
        Set<BackupId> there = new HashSet<>();
        for (CatalogEntry entry : target.backups().list()) {
            switch (entry) {
                case CatalogEntry.Published published -> there.add(published.id());
                case CatalogEntry.Unreadable damaged -> {
                    there.add(damaged.id()); // it cannot be replaced
                    counts.problem(
                            Kind.DAMAGED,
                            damaged.id().value(),
                            "in " + to.description() + " its backup.json cannot be read: " + damaged.problem());
                }
                case CatalogEntry.Unpublished cutOff -> {}
            }
        }
        for (CatalogEntry entry : catalog.list()) {
            if (entry instanceof CatalogEntry.Published published) {
                BaseBackup backup = published.backup();
                if (!there.contains(backup.id())) {
                    copy(backup, pool);
                } else {
                    compare(backup, pool);
                }
                if (options.mode() == SyncMode.COPY) {
                    try {
                        marks(backup.keys());
                    } catch (DamagedObjectException e) {
                        counts.problem(Kind.DAMAGED, e.key().value(), "in one of the two, " + e.problem());
                    }
                }
            } else if (entry instanceof CatalogEntry.Unreadable damaged) {
                counts.problem(
                        Kind.DAMAGED,
                        damaged.id().value(),
                        "in " + from.description() + " its backup.json cannot be read: " + damaged.problem());
            }
        }
    }

    /** Copies one backup. */
    void copy(BaseBackup backup, Workers pool) throws IOException {
        BackupCatalog catalog = source.backups();
        BackupKeys keys = backup.keys();
        try {
            if (!claims(keys)) {
                return;
            }
            AtomicBoolean complete = new AtomicBoolean(true);
            for (Map.Entry<ObjectKey, StoredObject> each :
                    BackupObjects.of(catalog, backup).entrySet()) {
                pool.submit(() -> and(complete, transfer.known(each.getKey(), each.getValue())));
            }
            pool.await();
            if (complete.get() && hasItsWal(backup)) {
                publish(keys, backup);
            } else {
                counts.problem(
                        Kind.INCOMPLETE,
                        backup.id().value(),
                        "is not published in " + to.description() + ": "
                                + (complete.get()
                                        ? "not all of its WAL is there"
                                        : "not all of its objects are there"));
            }
        } catch (DamagedObjectException e) {
            transfer.damaged(from, e);
        } catch (ObjectMissing e) {
            counts.problem(Kind.DAMAGED, backup.id().value(), String.valueOf(e.getMessage()));
        }
    }

    private static void and(AtomicBoolean complete, boolean one) {
        if (!one) {
            complete.set(false);
        }
    }

    /** Claims the id: it belongs to the same backup in the other repository as well. */
    private boolean claims(BackupKeys keys) throws IOException {
        if (options.mode() == SyncMode.DRY_RUN) {
            return true;
        }
        byte[] intent = ChecksummedJson.fetch(from, keys.intent(), ChecksummedJson.SMALL_BYTES);
        ChecksummedJson.open(intent, keys.intent());
        return sameOrConflict(keys.intent(), intent);
    }

    private void publish(BackupKeys keys, BaseBackup backup) throws IOException {
        if (options.mode() == SyncMode.COPY) {
            byte[] document = ChecksummedJson.fetch(from, keys.backup(), MAX_DOCUMENT_BYTES);
            ChecksummedJson.open(document, keys.backup());
            if (!sameOrConflict(keys.backup(), document)) {
                return;
            }
        }
        counts.published(backup.id().value());
    }

    private boolean sameOrConflict(ObjectKey key, byte[] document) throws IOException {
        if (Arrays.equals(transfer.document(key, document), document)) {
            return true;
        }
        counts.problem(
                Kind.CONFLICT,
                key.value(),
                "its content in " + from.description() + " is not the one in " + to.description());
        return false;
    }

    private boolean hasItsWal(BaseBackup backup) throws IOException {
        if (options.mode() == SyncMode.DRY_RUN) {
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

    private void compare(BaseBackup backup, Workers pool) throws IOException {
        try {
            new PublishedBackups(from, to, options, transfer, counts).compare(source.backups(), backup, pool);
        } catch (DamagedObjectException e) {
            transfer.damaged(from, e);
        } catch (ObjectMissing e) {
            counts.problem(Kind.DAMAGED, backup.id().value(), String.valueOf(e.getMessage()));
        }
    }

    /**
     * Copies marks, except those that say what was read in the other repository: they would be false for this one. Each
     * repository numbers its own marks.
     */
    private void marks(BackupKeys keys) throws IOException {
        List<byte[]> here = documents(from, keys);
        if (here.isEmpty()) {
            return;
        }
        List<byte[]> there = documents(to, keys);
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
}
