// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.net.URI;
import java.util.List;
import java.util.Map;

/**
 * One kind of store. {@link java.util.ServiceLoader} finds it, and the scheme of an address selects it. A provider is
 * cheap to create; {@link #open} loads the expensive classes. Thread-safe.
 */
public interface ObjectStoreProvider {
    /** The scheme of the addresses, such as {@code file}. */
    String scheme();

    /** Every option that {@link #open} accepts; the caller rejects all others first. */
    List<String> options();

    /**
     * The store at an address. This method creates nothing, and need not contact the store.
     *
     * @throws IllegalArgumentException if the address or an option is not valid; the message says what is expected
     */
    ObjectStore open(URI address, Map<String, String> options);

    /**
     * Creates whatever must exist before an object can be stored, such as the directory. Only {@code init} calls this
     * method. It does nothing if the root exists.
     */
    void createRoot(URI address, Map<String, String> options) throws StorageException;
}
