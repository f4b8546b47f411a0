// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.io.IOException;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.tidemark.catalog.Listing;
import org.tidemark.catalog.backup.CatalogEntry.Stage;
import org.tidemark.catalog.format.ChecksummedJson;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.BackupKeys;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.ObjectMissing;

/** The ids of one incarnation that have no backup. What each method does, {@link BackupCatalog} says. Thread-safe. */
final class UnpublishedBackups {
    /** Fewer than a page has, so that one page has the newest of them. */
    private static final int BUNDLES_AT_ONCE = 500;

    private final ObjectStore store;
    private final IncarnationKeys incarnation;

    UnpublishedBackups(ObjectStore store, IncarnationKeys incarnation) {
        this.store = store;
        this.incarnation = incarnation;
    }

    /**
     * How far an id without a backup has come.
     *
     * @param removed ids of removed backups
     */
    Stage stage(BackupId id, Set<BackupId> removed) throws IOException {
        if (removed.contains(id)) {
            return Stage.REMOVED;
        }
        return store.stat(incarnation.backup(id).waiting()).isPresent() ? Stage.WAITING : Stage.UNFINISHED;
    }

    /**
     * The ids without a backup that were claimed since a moment, by the clock of the host that claimed each. Lists only
     * these, and no other object; ids of removed backups are among them.
     */
    List<BackupId> since(Instant moment) throws IOException {
        Set<BackupId> found = new TreeSet<>();
        Set<BackupId> published = new TreeSet<>();
        Listing listing =
                Listing.from(incarnation.backup(BackupId.of(moment, 1)).intent(), store, incarnation.catalog());
        for (ObjectInfo object = listing.next(); object != null; object = listing.next()) {
            switch (ObjectName.parse(incarnation, object.key())) {
                case ObjectName.BackupDocument document ->
                    published.add(document.keys().id());
                case ObjectName.OfBackup other -> found.add(other.keys().id());
                case ObjectName.OfIncarnation _ -> {}
            }
        }
        found.removeAll(published);
        return List.copyOf(found);
    }

    /**
     * The document that will be the {@code backup.json} of a backup that waits for its WAL, if the backup is in this
     * state: it was neither published nor removed.
     */
    Optional<byte[]> waiting(BackupId id) throws IOException {
        BackupKeys keys = incarnation.backup(id);
        if (store.stat(keys.waiting()).isEmpty()
                || store.stat(keys.backup()).isPresent()
                || store.stat(keys.tombstone()).isPresent()) {
            return Optional.empty();
        }
        try {
            return Optional.of(ChecksummedJson.fetch(store, keys.waiting(), BackupCatalog.MAX_DOCUMENT_BYTES));
        } catch (ObjectMissing e) {
            return Optional.empty();
        }
    }

    /**
     * When the newest bundle of an id was stored, for one that has no backup; empty if it has none. Asks for a few
     * pages, however many bundles there are.
     */
    Optional<Instant> newestBundle(BackupId id) throws IOException {
        ObjectKey first = incarnation.backup(id).bundle(1);
        String folder =
                first.value().substring(0, first.value().length() - first.name().length());
        int present = 0;
        int absent = BUNDLES_AT_ONCE;
        while (isBundleAfter(id, folder, absent)) {
            present = absent;
            absent *= 2;
        }
        while (absent - present > BUNDLES_AT_ONCE) {
            int middle = present + (absent - present) / 2;
            if (isBundleAfter(id, folder, middle)) {
                present = middle;
            } else {
                absent = middle;
            }
        }
        return store.list(folder, after(id, present), ObjectStore.MAX_PAGE).objects().stream()
                .map(ObjectInfo::stored)
                .max(Comparator.naturalOrder());
    }

    private boolean isBundleAfter(BackupId id, String folder, int number) throws IOException {
        return !store.list(folder, after(id, number), 1).objects().isEmpty();
    }

    private Optional<ObjectKey> after(BackupId id, int number) {
        return number == 0
                ? Optional.empty()
                : Optional.of(incarnation.backup(id).bundle(number));
    }
}
