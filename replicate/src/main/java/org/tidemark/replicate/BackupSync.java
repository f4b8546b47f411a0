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
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.Listing;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.backup.Intent;
import org.tidemark.catalog.backup.Mark.BackupMarks;
import org.tidemark.catalog.format.ChecksummedJson;
import org.tidemark.catalog.format.ContainerKind;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.format.StoredObject;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.BackupKeys;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.catalog.wal.RemovedWal;
import org.tidemark.core.CopyableCommand;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.Workers;
import org.tidemark.replicate.SyncOptions.Comparing;
import org.tidemark.replicate.SyncOptions.SyncMode;
import org.tidemark.replicate.SyncReport.SyncProblem.Kind;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.ObjectMissing;

/**
 * Copies backups: their data, then their manifests, and {@code backup.json} last of all, when their WAL is there.
 *
 * @param removedWal from the target on purpose
 * @param recorded what verify found damaged in the target: it is read even if sizes alone are compared
 */
record BackupSync(
        ClusterArchive source,
        ClusterArchive target,
        List<RemovedWal> removedWal,
        Set<ObjectKey> recorded,
        ObjectTransfer transfer,
        Workers pool) {
    private static final int MAX_DOCUMENT_BYTES = 256 << 20;
    private static final String LACKS_WAL = "not all of its WAL is there";
    private static final String LACKS_OBJECTS = "not all of its objects are there";

    void run() throws IOException {
        Set<BackupId> there = new HashSet<>();
        Set<BackupId> removed = target.backups().removed();
        List<CatalogEntry> here = source.backups().list();
        for (CatalogEntry entry : target.backups().list()) {
            switch (entry) {
                case CatalogEntry.Published published -> there.add(published.id());
                case CatalogEntry.Unreadable damaged -> {
                    there.add(damaged.id());
                    repair(damaged, here);
                }
                case CatalogEntry.Unpublished cutOff -> {}
            }
        }
        for (CatalogEntry entry : here) {
            if (entry instanceof CatalogEntry.Published published) {
                BaseBackup backup = published.backup();
                if (!there.contains(backup.id()) && (removed.contains(backup.id()) || lostItsWal(backup, removedWal))) {
                    continue; // It, or its WAL, was removed there on purpose.
                }
                if (!there.contains(backup.id())) {
                    copy(backup);
                } else {
                    compare(backup);
                }
                if (transfer.options().mode() == SyncMode.COPY) {
                    try {
                        new MarkSync(transfer).copy(backup.keys());
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

    /** The backups that both have, and of which verify found something damaged or missing in the target. */
    List<BaseBackup> damaged() throws IOException {
        BackupMarks marks = target.backups().marks();
        List<BaseBackup> damaged = new ArrayList<>();
        for (CatalogEntry entry : source.backups().list()) {
            if (entry instanceof CatalogEntry.Published published
                    && marks.damage(published.id()).isPresent()
                    && transfer.to()
                            .stat(target.backups().keys(published.id()).backup())
                            .isPresent()) {
                damaged.add(published.backup());
            }
        }
        return damaged;
    }

    DamageRepair repairs() {
        return new DamageRepair(source, target, recorded, transfer);
    }

    /** The description of a backup that is there: repaired if the source has the same backup. */
    private void repair(CatalogEntry.Unreadable damaged, List<CatalogEntry> here) throws IOException {
        BackupKeys keys = target.backups().keys(damaged.id());
        boolean isPublishedHere = here.stream()
                .anyMatch(each -> each instanceof CatalogEntry.Published published
                        && published.id().equals(damaged.id()));
        try {
            if (isPublishedHere && isClaimedBySame(keys)) {
                repairs().document(keys.backup(), MAX_DOCUMENT_BYTES);
                return;
            }
        } catch (DamagedObjectException e) {
            // Nothing says that both are the same backup.
        }
        transfer.problem(
                Kind.DAMAGED,
                damaged.id().value(),
                "in " + transfer.to().description() + " its backup.json cannot be read: " + damaged.problem());
    }

    private boolean isClaimedBySame(BackupKeys keys) throws IOException {
        Optional<Intent> here = source.backups().intent(keys.id());
        return here.isPresent() && here.equals(target.backups().intent(keys.id()));
    }

    private static boolean lostItsWal(BaseBackup backup, List<RemovedWal> removed) {
        return removed.stream()
                .anyMatch(each -> each.overlaps(backup.wal(), backup.origin().walSegmentSize()));
    }

    /** Copies one backup. */
    void copy(BaseBackup backup) throws IOException {
        neededBy(backup).copyObjects(backup);
    }

    private BackupSync neededBy(BaseBackup backup) {
        return new BackupSync(source, target, removedWal, recorded, transfer.neededBy(backup.keys()), pool);
    }

    private void copyObjects(BaseBackup backup) throws IOException {
        BackupKeys keys = backup.keys();
        try {
            Map<ObjectKey, StoredObject> objects = objects(backup);
            Map<ObjectKey, Long> there = listed(transfer.to(), objects.keySet());
            // A repository that has lost it still has a backup that can be restored.
            Optional<StoredObject> configuration = Optional.ofNullable(objects.remove(keys.configuration()));
            // Otherwise each run would begin a copy that is never published, and each expiry would wait for it.
            if (!isItsWalThere(backup)) {
                unpublished(keys, LACKS_WAL);
                return;
            }
            if (!canBeCompleted(objects.keySet(), there)) {
                unpublished(keys, LACKS_OBJECTS);
                return;
            }
            if (!claims(keys) || !isInTime(keys)) {
                return;
            }
            if (!claimsOwners(keys, objects.keySet())) {
                return;
            }
            AtomicBoolean complete = new AtomicBoolean(true);
            if (configuration.isPresent()) {
                pool.submit(() -> transfer.known(
                        keys.configuration(),
                        configuration.get(),
                        size(there, keys.configuration()),
                        Comparing.DIGESTS));
            }
            for (Map.Entry<ObjectKey, StoredObject> each : objects.entrySet()) {
                OptionalLong size = size(there, each.getKey());
                Comparing comparing =
                        isBundle(each.getKey()) ? transfer.options().comparing() : Comparing.DIGESTS;
                pool.submit(() -> and(complete, transfer.known(each.getKey(), each.getValue(), size, comparing)));
            }
            pool.await();
            if (!complete.get()) {
                unpublished(keys, LACKS_OBJECTS);
            } else if (!hasItsWal(backup)) {
                unpublished(keys, LACKS_WAL);
            } else if (lostItsWal(backup, target.wal().gaps().removed())) {
                // The expiry may not have seen that this copy had begun, and be removing the WAL just now.
                unpublished(keys, "an expiry removed WAL that it needs");
            } else if (!stillHas(objects)) {
                unpublished(keys, LACKS_OBJECTS);
            } else if (isInTime(keys)) {
                publish(keys, backup);
            }
        } catch (DamagedObjectException e) {
            transfer.damaged(transfer.from(), e);
        } catch (ObjectMissing e) {
            transfer.problem(Kind.DAMAGED, backup.id().value(), String.valueOf(e.getMessage()));
        }
    }

    private void unpublished(BackupKeys keys, String why) {
        transfer.problem(
                Kind.INCOMPLETE,
                keys.id().value(),
                "is not published in " + transfer.to().description() + ": " + why);
    }

    /** Whether no expiry takes the copy for one that was abandoned. The times are those of the store. */
    private boolean isInTime(BackupKeys keys) throws IOException {
        if (transfer.options().mode() == SyncMode.DRY_RUN) {
            return true;
        }
        Optional<ObjectInfo> claimed = transfer.to().stat(keys.intent());
        if (claimed.isPresent()
                && claimed.get()
                        .stored()
                        .plus(Intent.PUBLICATION_LIMIT)
                        .isAfter(target.repository().storeTime(any -> {}))) {
            return true;
        }
        unpublished(
                keys,
                "its copy there began more than " + Intent.PUBLICATION_LIMIT.toDays() + " days ago; before it can be"
                        + " copied again, remove what is there: "
                        + CopyableCommand.of(
                                "delete",
                                keys.id().toString(),
                                "--repository",
                                transfer.to().description()));
        return false;
    }

    /** Other objects are always read: they are small, and without any of them nothing can be restored. */
    private static boolean isBundle(ObjectKey key) {
        return ObjectName.parse(key) instanceof ObjectName.Bundle;
    }

    private static String folder(ObjectKey key) {
        return key.value().substring(0, key.value().lastIndexOf('/') + 1);
    }

    /** Whether one of the two has each object. */
    private boolean canBeCompleted(Set<ObjectKey> keys, Map<ObjectKey, Long> there) throws IOException {
        Map<ObjectKey, Long> here = listed(transfer.from(), keys);
        for (ObjectKey key : keys) {
            if (!there.containsKey(key)
                    && !here.containsKey(key)
                    && transfer.from().stat(key).isEmpty()) {
                transfer.missing(transfer.from(), key);
                return false;
            }
        }
        return true;
    }

    /** The objects of a repository in the folders of these: a thousand are one question. */
    private static Map<ObjectKey, Long> listed(ObjectStore store, Set<ObjectKey> keys) throws IOException {
        Map<ObjectKey, Long> listed = new HashMap<>();
        Set<String> folders = new TreeSet<>();
        for (ObjectKey key : keys) {
            folders.add(folder(key));
        }
        for (String folder : folders) {
            Listing.visit(store, folder, object -> {
                if (keys.contains(object.key())) {
                    listed.put(object.key(), object.sizeBytes());
                }
            });
        }
        return listed;
    }

    private static OptionalLong size(Map<ObjectKey, Long> listed, ObjectKey key) {
        Long size = listed.get(key);
        return size == null ? OptionalLong.empty() : OptionalLong.of(size);
    }

    /** The copy may have taken hours, in which another program deleted something. */
    private boolean stillHas(Map<ObjectKey, StoredObject> objects) throws IOException {
        if (transfer.options().mode() == SyncMode.DRY_RUN) {
            return true;
        }
        Map<ObjectKey, Long> there = listed(transfer.to(), objects.keySet());
        for (ObjectKey key : objects.keySet()) {
            // Some stores list a new object late.
            if (!there.containsKey(key) && transfer.to().stat(key).isEmpty()) {
                transfer.missing(transfer.to(), key);
                return false;
            }
        }
        return true;
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

    /**
     * Copies what says whose the objects are that were stored for others: an expiry finds what is left of an id by its
     * documents.
     */
    private boolean claimsOwners(BackupKeys keys, Set<ObjectKey> objects) throws IOException {
        Set<BackupId> owners = new TreeSet<>();
        for (ObjectKey each : objects) {
            if (ObjectName.parse(each) instanceof ObjectName.OfBackup name) {
                owners.add(name.keys().id());
            }
        }
        owners.remove(keys.id());
        boolean claimed = true;
        for (BackupId owner : owners) {
            BackupKeys of = target.backups().keys(owner);
            claimed &= transfer.from().stat(of.intent()).isEmpty() || claims(of);
        }
        return claimed;
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

    private boolean isItsWalThere(BaseBackup backup) throws IOException {
        if (transfer.options().mode() == SyncMode.DRY_RUN) {
            return true;
        }
        List<Segment> segments =
                backup.wal().segments(backup.origin().walSegmentSize()).toList();
        Set<Segment> listed = target.wal().listing().archivedAmong(segments);
        for (Segment segment : segments) {
            // Some stores list a new object late.
            if (!listed.contains(segment) && !target.wal().contains(segment)) {
                return false;
            }
        }
        return true;
    }

    /** Whether it is also the same WAL. */
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

    /** The WAL of a backup that both have: a problem where it is not the same, or not there. */
    void compareWal(BaseBackup backup) throws IOException {
        if (!hasItsWal(backup)) {
            transfer.problem(
                    Kind.INCOMPLETE, backup.id().value(), "in " + transfer.to().description() + " " + LACKS_WAL);
        }
    }

    /** Whether the target had it, or WAL that it needs, and an expiry or the operator removed that. */
    static boolean wasRemoved(BaseBackup backup, ClusterArchive target) throws IOException {
        return target.backups().removed().contains(backup.id())
                || lostItsWal(backup, target.wal().gaps().removed());
    }

    /** A backup that both have: it is compared, and what the other repository lost of it is copied once more. */
    void compare(BaseBackup backup) throws IOException {
        try {
            if (isTheSame(backup)) {
                neededBy(backup).compareObjects(backup);
            }
        } catch (ObjectMissing e) {
            if (!wasRemovedMeanwhile(backup)) {
                transfer.problem(Kind.DAMAGED, backup.id().value(), String.valueOf(e.getMessage()));
            }
        } catch (DamagedObjectException e) {
            transfer.damaged(transfer.from(), e);
        }
    }

    /** Whether an expiry removed the backup from either repository since this run listed it. */
    private boolean wasRemovedMeanwhile(BaseBackup backup) throws IOException {
        return ObjectTransfer.isRemoved(transfer.from(), backup.keys())
                || ObjectTransfer.isRemoved(transfer.to(), backup.keys());
    }

    private void compareObjects(BaseBackup backup) throws IOException {
        Map<ObjectKey, StoredObject> objects = objects(backup);
        Map<ObjectKey, Long> there = listed(transfer.to(), objects.keySet());
        if (!there.keySet().containsAll(objects.keySet()) && wasRemovedMeanwhile(backup)) {
            return;
        }
        for (Map.Entry<ObjectKey, StoredObject> each : objects.entrySet()) {
            OptionalLong size = size(there, each.getKey());
            pool.submit(() -> compare(each.getKey(), each.getValue(), size));
        }
        pool.await();
    }

    private void compare(ObjectKey key, StoredObject expected, OptionalLong listedSize) throws IOException {
        if (listedSize.isEmpty()) {
            transfer.known(key, expected, listedSize, transfer.options().comparing());
            return;
        }
        if (transfer.options().comparing().readsSource()) {
            transfer.verify(transfer.from(), key, expected);
        }
        boolean reads = transfer.options().comparing().readsTarget() || recorded.contains(key);
        if (reads) {
            transfer.counts().compared();
        }
        transfer.verifyOrRepair(key, expected, listedSize.getAsLong(), reads);
    }

    private boolean isTheSame(BaseBackup backup) throws IOException {
        ObjectKey key = backup.keys().backup();
        transfer.counts().compared();
        byte[] here = ChecksummedJson.fetch(transfer.from(), key, MAX_DOCUMENT_BYTES);
        byte[] there = ChecksummedJson.fetch(transfer.to(), key, MAX_DOCUMENT_BYTES);
        boolean same = Arrays.equals(here, there);
        if (!same && transfer.options().comparing().readsHeaders()) {
            transfer.conflict(key);
        }
        return same;
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
        backup.listed().forEach((part, object) -> objects.put(part.key(), object));
        objects.put(keys.bundles(), backup.objects().bundles());
        return objects;
    }
}
