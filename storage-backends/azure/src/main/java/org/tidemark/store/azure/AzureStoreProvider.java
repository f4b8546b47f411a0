// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import java.net.URI;
import java.util.Map;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.ObjectStoreProvider;
import org.tidemark.store.PrefixStore;
import org.tidemark.store.StorageException;
import org.tidemark.store.StoreOptions;

/** Opens {@code azure://account/container/prefix}. Thread-safe. */
public final class AzureStoreProvider implements ObjectStoreProvider {
    @Override
    public ObjectStore open(URI address, Map<String, String> options) {
        AzureConfig config = AzureConfig.of(address, new StoreOptions(options));
        ObjectStore store = new AzureObjectStore(config);
        String prefix = config.address().prefix();
        return prefix.isEmpty() ? store : new PrefixStore(store, prefix);
    }

    @Override
    public void createRoot(URI address, Map<String, String> options) throws StorageException {
        AzureConfig config = AzureConfig.of(address, new StoreOptions(options));
        try (AzureContainer container = new AzureContainer(config)) {
            new ContainerCreation(container, config).run();
        }
    }
}
