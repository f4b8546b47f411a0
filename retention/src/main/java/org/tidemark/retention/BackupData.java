// SPDX-License-Identifier: Apache-2.0
package org.tidemark.retention;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.Listing;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.backup.Intent;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.BackupKeys;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.ObjectMissing;

/**
 * Deletes the objects of ids that have no backup: data first and the documents of the catalog last, so that an id whose
 * removal was cut off is found again. What a published backup refers to stays, and so does everything under an id that
 * a running backup may refer to. Thread-safe after {@link #readReferences}.
 */
final class BackupData {
    private final ObjectStore store;
    private final BackupCatalog catalog;
    private final RemovalTotals totals;
    /** Whose objects go: what they refer to need not stay. */
    private final Set<BackupId> going;
    /** Bundles and manifest parts of other ids that published backups list. */
    private final Set<ObjectKey> referred = new HashSet<>();

    /** Ids under which everything stays. */
    private final Set<BackupId> parents = new HashSet<>();

    BackupData(ClusterArchive archive, BackupCatalog catalog, Set<BackupId> going, RemovalTotals totals) {
        this.store = archive.repository().store();
        this.catalog = catalog;
        this.going = Set.copyOf(going);
        this.totals = totals;
    }

    void remove(BackupId id) throws IOException {
        RemovedObjects removal = new RemovedObjects(store, totals);
        BackupKeys keys = catalog.keys(id);
        if (parents.contains(id)) {
            return;
        }
        if (store.stat(keys.backup()).isPresent()) {
            return; // Somebody copied it back, or published it after all.
        }
        boolean isReferred = false;
        Listing listing = Listing.of(store, keys.data());
        for (ObjectInfo object = listing.next(); object != null; object = listing.next()) {
            if (referred.contains(object.key())) {
                isReferred = true;
            } else {
                removal.add(object);
            }
        }
        removal.flush();
        // As long as data stays, its documents tell the next run of it.
        if (!isReferred && !removal.hasRefused()) {
            removeDocuments(keys, removal);
        }
    }

    private void removeDocuments(BackupKeys keys, RemovedObjects removal) throws IOException {
        Listing.visit(store, keys.marks(), removal::add);
        removal.flush();
        Listing.visit(store, keys.documents(), removal::add);
        removal.flush();
    }

    /** To be called once, after the last backup of the run was unpublished. */
    void readReferences() throws IOException {
        List<BaseBackup> published = new ArrayList<>();
        for (CatalogEntry entry : catalog.list()) {
            switch (entry) {
                case CatalogEntry.Published each -> published.add(each.backup());
                case CatalogEntry.Unreadable each ->
                    throw new UserFacingException(
                            ExitCode.DAMAGED,
                            "no data is removed, because the objects of backup '" + each.id() + "' are unknown: "
                                    + each.problem(),
                            "See what is damaged with: tidemark verify");
                case CatalogEntry.Unpublished each -> {
                    if (!going.contains(each.id())) {
                        catalog.intent(each.id()).ifPresent(intent -> parents.addAll(intent.parents()));
                    }
                }
            }
        }
        try {
            referred.addAll(catalog.dataOfOthers(published));
        } catch (ObjectMissing | DamagedObjectException e) {
            for (BaseBackup each : published) {
                readReferences(each);
            }
        }
    }

    /** Where its list of bundles is lost, everything stays that it may refer to: the list may come back. */
    private void readReferences(BaseBackup backup) throws IOException {
        try {
            referred.addAll(catalog.dataOfOthers(List.of(backup)));
        } catch (ObjectMissing | DamagedObjectException e) {
            Intent intent = catalog.intent(backup.id())
                    .orElseThrow(() -> new UserFacingException(
                            ExitCode.DAMAGED,
                            "no data is removed, because the objects of backup '" + backup.id() + "' are unknown: "
                                    + e.getMessage(),
                            "Copy them from another repository with: tidemark sync. If none has them, delete the"
                                    + " backup: tidemark delete " + backup.id(),
                            e));
            parents.addAll(intent.parents());
        }
    }
}
