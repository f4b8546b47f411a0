// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BundleReader;
import org.tidemark.catalog.backup.BundleRef;

/** A bundle in each repository that holds it; all copies have the same frames. Thread-safe. */
final class BundleCopies {
    private final BackupSources sources;
    private final BundleRef bundle;
    private final Map<BackupCatalog, BundleReader> readers = new ConcurrentHashMap<>();

    BundleCopies(BackupSources sources, BundleRef bundle) {
        this.sources = sources;
        this.bundle = bundle;
    }

    /** Does something with one copy. */
    interface Reading {
        void from(BundleReader bundle) throws IOException;
    }

    /** A copy whose index is intact. */
    BundleReader any() throws IOException {
        return sources.read(this::open);
    }

    /** Reads from one copy after the other, until one does not fail. */
    void read(Reading reading) throws IOException {
        sources.read(catalog -> {
            reading.from(open(catalog));
            return true;
        });
    }

    private BundleReader open(BackupCatalog catalog) throws IOException {
        BundleReader known = readers.get(catalog);
        if (known == null) {
            known = catalog.bundle(bundle);
            readers.put(catalog, known);
        }
        return known;
    }
}
