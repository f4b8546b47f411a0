// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import java.net.URI;
import java.util.Map;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.ObjectStoreProvider;
import org.tidemark.store.PrefixStore;
import org.tidemark.store.StorageException;
import org.tidemark.store.StoreOptions;

/** Opens {@code swift://container/prefix}. Thread-safe. */
public final class SwiftStoreProvider implements ObjectStoreProvider {
    @Override
    public ObjectStore open(URI address, Map<String, String> options) {
        SwiftConfig config = SwiftConfig.parse(address, new StoreOptions(options));
        ObjectStore store = new SwiftObjectStore(config);
        return config.prefix().isEmpty() ? store : new PrefixStore(store, config.prefix());
    }

    /** Only checks that the container exists: its owner decides on its storage policy and permissions. */
    @Override
    public void createRoot(URI address, Map<String, String> options) throws StorageException {
        try (SwiftObjectStore store = new SwiftObjectStore(SwiftConfig.parse(address, new StoreOptions(options)))) {
            store.requireContainer();
        }
    }
}
