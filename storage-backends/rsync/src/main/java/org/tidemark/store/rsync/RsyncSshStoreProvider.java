// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import java.net.URI;
import java.util.Map;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.ObjectStoreProvider;
import org.tidemark.store.StorageException;
import org.tidemark.store.StoreOptions;
import org.tidemark.store.rsync.RsyncAddress.Transport;

/** Opens {@code rsync+ssh://user@host:port/absolute/path}. Thread-safe. */
public final class RsyncSshStoreProvider implements ObjectStoreProvider {
    @Override
    public ObjectStore open(URI address, Map<String, String> options) {
        return new RsyncObjectStore(config(address, options));
    }

    @Override
    public void createRoot(URI address, Map<String, String> options) throws StorageException {
        try (RsyncObjectStore store = new RsyncObjectStore(config(address, options))) {
            store.createRoot();
        }
    }

    private static RsyncConfig config(URI address, Map<String, String> options) {
        return RsyncConfig.parse(Transport.SSH, address, new StoreOptions(options));
    }
}
