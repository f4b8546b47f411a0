// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import java.net.URI;
import java.util.Map;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.ObjectStoreProvider;
import org.tidemark.store.PastStore;
import org.tidemark.store.PrefixStore;
import org.tidemark.store.StorageException;
import org.tidemark.store.StoreOptions;

/** Opens {@code s3://bucket/prefix}. Thread-safe. */
public final class S3StoreProvider implements ObjectStoreProvider {
    @Override
    public ObjectStore open(URI address, Map<String, String> options) {
        S3Address place = S3Address.parse(address);
        S3Config config = S3Config.parse(place, new StoreOptions(options));
        ObjectStore store = PastStore.guard(new S3ObjectStore(config), config.asOf());
        return place.prefix().isEmpty() ? store : new PrefixStore(store, place.prefix());
    }

    /** Only checks that the bucket exists: its owner decides on its region, policies and costs. */
    @Override
    public void createRoot(URI address, Map<String, String> options) throws StorageException {
        S3Config config = S3Config.parse(S3Address.parse(address), new StoreOptions(options));
        try (S3ObjectStore store = new S3ObjectStore(config)) {
            store.requireBucket();
        }
    }
}
