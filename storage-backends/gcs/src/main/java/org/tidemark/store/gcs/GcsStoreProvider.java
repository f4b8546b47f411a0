// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.gcs;

import java.net.URI;
import java.util.Map;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.ObjectStoreProvider;
import org.tidemark.store.PastStore;
import org.tidemark.store.PrefixStore;
import org.tidemark.store.StorageException;
import org.tidemark.store.StoreOptions;

/** Opens {@code gs://bucket/prefix}. Thread-safe. */
public final class GcsStoreProvider implements ObjectStoreProvider {
    @Override
    public ObjectStore open(URI address, Map<String, String> options) {
        GcsConfig config = GcsConfig.of(address, new StoreOptions(options));
        ObjectStore store = PastStore.guard(new GcsObjectStore(config), config.asOf());
        String prefix = config.address().prefix();
        return prefix.isEmpty() ? store : new PrefixStore(store, prefix);
    }

    /** Only checks that the bucket exists: its name is global, and its location cannot be changed later. */
    @Override
    public void createRoot(URI address, Map<String, String> options) throws StorageException {
        try (GcsObjectStore store = new GcsObjectStore(GcsConfig.of(address, new StoreOptions(options)))) {
            store.requireBucket();
        }
    }
}
