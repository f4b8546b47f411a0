// SPDX-License-Identifier: Apache-2.0
package org.tidemark.replicate;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.backup.StoredObject;
import org.tidemark.catalog.layout.BackupKeys;
import org.tidemark.store.ObjectKey;

/**
 * The objects of a backup apart from its documents, with the size and digest of each, as {@code backup.json} lists
 * them.
 */
final class BackupObjects {
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
