// SPDX-License-Identifier: Apache-2.0
package org.tidemark.replicate;

import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tidemark.catalog.ChecksummedJson;
import org.tidemark.catalog.Listing;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.backup.StoredObject;
import org.tidemark.catalog.layout.BackupKeys;
import org.tidemark.core.Workers;
import org.tidemark.replicate.SyncOptions.Comparing;
import org.tidemark.replicate.SyncReport.SyncCounts;
import org.tidemark.replicate.SyncReport.SyncProblem.Kind;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStore;

/** A backup that both repositories have: it is compared, and what the other one lost of it is copied once more. */
final class PublishedBackups {
    private final ObjectStore from;
    private final ObjectStore to;
    private final SyncOptions options;
    private final ObjectTransfer transfer;
    private final SyncCounts counts;

    PublishedBackups(
            ObjectStore from, ObjectStore to, SyncOptions options, ObjectTransfer transfer, SyncCounts counts) {
        this.from = from;
        this.to = to;
        this.options = options;
        this.transfer = transfer;
        this.counts = counts;
    }

    void compare(BackupCatalog catalog, BaseBackup backup, Workers pool) throws IOException {
        if (!isTheSame(backup)) {
            return;
        }
        // Listed, not asked for one by one: a thousand bundles are one question.
        Map<ObjectKey, Long> there = new HashMap<>();
        for (ObjectKey key :
                List.of(backup.keys().postgresManifest(), backup.keys().bundles())) {
            String folder = key.value().substring(0, key.value().lastIndexOf('/') + 1);
            Listing.visit(to, folder, object -> there.put(object.key(), object.sizeBytes()));
        }
        for (Map.Entry<ObjectKey, StoredObject> each :
                BackupObjects.of(catalog, backup).entrySet()) {
            Long size = there.get(each.getKey());
            pool.submit(() -> compare(each.getKey(), each.getValue(), size));
        }
        pool.await();
    }

    private void compare(ObjectKey key, StoredObject expected, @Nullable Long listedSize) throws IOException {
        if (listedSize == null) {
            transfer.known(key, expected);
        } else if (options.comparing() == Comparing.DIGESTS) {
            transfer.verify(from, key, expected);
            transfer.verify(to, key, expected);
            counts.compared();
        } else if (listedSize != expected.sizeBytes()) {
            transfer.otherSize(key, listedSize, expected);
        }
    }

    private boolean isTheSame(BaseBackup backup) throws IOException {
        ObjectKey key = backup.keys().backup();
        counts.compared();
        byte[] here = ChecksummedJson.fetch(from, key, BackupSync.MAX_DOCUMENT_BYTES);
        byte[] there = ChecksummedJson.fetch(to, key, BackupSync.MAX_DOCUMENT_BYTES);
        boolean same = Arrays.equals(here, there);
        if (!same && options.comparing() == Comparing.DIGESTS) {
            counts.problem(
                    Kind.CONFLICT,
                    key.value(),
                    "its content in " + from.description() + " is not the one in " + to.description());
        }
        return same;
    }

    /**
     * The objects of a backup apart from its documents, with the size and digest of each, as {@code backup.json} lists
     * them.
     */
    static final class BackupObjects {
        private BackupObjects() {}

        /** Reads the list of bundles; some 150 bytes in memory for each. */
        static Map<ObjectKey, StoredObject> of(BackupCatalog catalog, BaseBackup backup) throws IOException {
            BackupKeys keys = backup.keys();
            Map<ObjectKey, StoredObject> objects = new LinkedHashMap<>();
            for (BundleRef bundle : catalog.bundles(backup)) {
                objects.put(catalog.keys(bundle.id()).bundle(bundle.number()), bundle.object());
            }
            for (BaseBackup.ManifestPart part : backup.objects().manifestParts()) {
                objects.put(keys.manifestPart(part.number()), part.object());
            }
            objects.put(keys.postgresManifest(), backup.objects().backupManifest());
            objects.put(keys.bundles(), backup.objects().bundles());
            return objects;
        }
    }
}
