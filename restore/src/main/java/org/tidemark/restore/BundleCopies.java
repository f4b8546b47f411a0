// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BundleFrames;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.format.DamagedObjectException;

/** A bundle in each repository that holds it. Thread-safe. */
final class BundleCopies {
    private final Bundles bundles;
    private final int number;
    private final Map<BackupCatalog, BundleFrames> opened = new ConcurrentHashMap<>();

    /** Does something with one copy. */
    interface Reading {
        void from(BundleFrames bundle) throws IOException;
    }

    private BundleCopies(Bundles bundles, int number) {
        this.bundles = bundles;
        this.number = number;
    }

    /** Reads from one copy after the other, until one does not fail. */
    void read(Reading reading) throws IOException {
        bundles.sources.read(catalog -> {
            reading.from(open(catalog));
            return true;
        });
    }

    private BundleFrames open(BackupCatalog catalog) throws IOException {
        BundleFrames known = opened.get(catalog);
        if (known == null) {
            known = catalog.frames(bundles.reference(catalog, number));
            opened.put(catalog, known);
        }
        return known;
    }

    /**
     * All bundles of a backup. A repository whose list of bundles is not the one that {@code backup.json} names has
     * another backup of the same id, and nothing is read from there. Thread-safe.
     */
    static final class Bundles {
        private final BackupSources sources;
        private final BaseBackup backup;
        private final Map<BackupCatalog, Map<Integer, BundleRef>> lists = new ConcurrentHashMap<>();

        Bundles(BackupSources sources, BaseBackup backup) {
            this.sources = sources;
            this.backup = backup;
        }

        /** @param number in the manifest */
        BundleCopies bundle(int number) {
            return new BundleCopies(this, number);
        }

        private BundleRef reference(BackupCatalog catalog, int number) throws IOException {
            Map<Integer, BundleRef> list = lists.get(catalog);
            if (list == null) {
                list = catalog.bundles(backup);
                lists.put(catalog, list);
            }
            BundleRef found = list.get(number);
            if (found == null) {
                throw new DamagedObjectException(
                        backup.keys().bundles(), "it lacks bundle " + number + ", which the manifest names");
            }
            return found;
        }
    }
}
