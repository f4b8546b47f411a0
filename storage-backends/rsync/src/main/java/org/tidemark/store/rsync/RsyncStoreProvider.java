// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import java.net.URI;
import java.util.Map;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.ObjectStoreProvider;
import org.tidemark.store.StorageException;
import org.tidemark.store.StoreOptions;
import org.tidemark.store.rsync.RsyncAddress.Transport;

/** Opens {@code rsync://user@host:port/module/path}. Thread-safe. */
public sealed class RsyncStoreProvider implements ObjectStoreProvider permits RsyncSshStoreProvider {
    private final Transport transport;

    /** Makes the provider of this address scheme. */
    public RsyncStoreProvider() {
        this(Transport.DAEMON);
    }

    RsyncStoreProvider(Transport transport) {
        this.transport = transport;
    }

    @Override
    public ObjectStore open(URI address, Map<String, String> options) {
        return store(address, options);
    }

    @Override
    public void createRoot(URI address, Map<String, String> options) throws StorageException {
        try (RsyncObjectStore store = store(address, options)) {
            store.createRoot();
        }
    }

    private RsyncObjectStore store(URI address, Map<String, String> options) {
        return new RsyncObjectStore(RsyncConfig.parse(transport, address, new StoreOptions(options)));
    }
}
