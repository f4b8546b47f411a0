// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StoreTraits.ExclusiveCreate;

/**
 * A store that cannot create exclusively, and to which nobody has said that a single host writes: it can be read, and
 * is not written. Thread-safe.
 */
public final class WriteRefusingStore extends DelegatingStore {
    /** By which the operator says that a single host writes. */
    public static final String OPTION = "single-writer";

    private WriteRefusingStore(ObjectStore store) {
        super(store);
    }

    /**
     * The store as it is, if it excludes other writers by itself or the operator gave their word; else one that
     * refuses.
     */
    public static ObjectStore guard(ObjectStore store, boolean singleWriter) {
        return singleWriter || store.traits().exclusiveCreate() == ExclusiveCreate.ATOMIC
                ? store
                : new WriteRefusingStore(store);
    }

    @Override
    public void putIfAbsent(ObjectKey key, ObjectSource source) throws StorageException {
        throw new StorageDenied(
                "'" + key + "' is not written to " + description()
                        + ": this store cannot create exclusively, so two hosts could overwrite each other unseen."
                        + " If a single host writes there, say so: " + OPTION + " = true",
                null);
    }
}
