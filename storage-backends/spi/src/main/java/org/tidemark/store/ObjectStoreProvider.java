// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.net.URI;
import java.util.List;
import java.util.Map;

/**
 * One kind of store, found by the scheme of its address through {@link java.util.ServiceLoader}. A provider is cheap to
 * make: what is expensive is loaded by {@link #open}. Thread-safe.
 */
public interface ObjectStoreProvider {
    /** The scheme of the addresses, such as {@code file}. */
    String scheme();

    /** Every option that {@link #open} takes besides the address; anything else is refused before. */
    List<String> options();

    /**
     * The store at an address. Nothing is created, and nothing need be asked of the store yet.
     *
     * @throws IllegalArgumentException if the address or an option is not valid; the message says what would be
     */
    ObjectStore open(URI address, Map<String, String> options);

    /**
     * Creates what must exist before an object can be stored, such as the directory; called by {@code init} alone. Does
     * nothing where it exists.
     */
    void createRoot(URI address, Map<String, String> options) throws StorageException;
}
