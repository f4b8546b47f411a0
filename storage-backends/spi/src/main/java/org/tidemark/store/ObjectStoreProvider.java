// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.net.URI;
import java.util.Map;

/**
 * Opens the stores of one kind; a {@link StoreDeclaration} names its class. A provider is cheap to create;
 * {@link #open} loads the expensive classes. Thread-safe.
 */
public interface ObjectStoreProvider {
    /**
     * The store at an address. This method creates nothing, and need not contact the store.
     *
     * @throws IllegalArgumentException if the address or an option is not valid; the message says what is expected
     */
    ObjectStore open(URI address, Map<String, String> options);

    /**
     * Works like {@link #open(URI, Map)}.
     *
     * @param memory what this host keeps for the store at this address
     */
    default ObjectStore open(URI address, Map<String, String> options, HostMemory memory) {
        return open(address, options);
    }

    /**
     * Creates whatever must exist before an object can be stored, such as the directory. Only {@code init} calls this
     * method. It does nothing if the root exists.
     */
    void createRoot(URI address, Map<String, String> options) throws StorageException;
}
