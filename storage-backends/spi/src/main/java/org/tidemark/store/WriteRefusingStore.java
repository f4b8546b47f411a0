// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.util.Optional;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StoreTraits.ExclusiveCreate;

/**
 * Refuses to write to another store that cannot create objects exclusively. Reading is allowed. The operator can allow
 * writing with the option {@code single-writer}. Thread-safe.
 */
public final class WriteRefusingStore extends DelegatingStore {
    /** The option with which the operator declares that a single host writes. */
    public static final StoreOption OPTION = StoreOption.flag("single-writer").withDefault("false");

    private WriteRefusingStore(ObjectStore store) {
        super(store);
    }

    /**
     * Returns the store itself if it excludes other writers, or if the operator declares a single writer; otherwise a
     * store that refuses to write.
     */
    public static ObjectStore guard(ObjectStore store, boolean singleWriter) {
        return singleWriter || store.traits().exclusiveCreate() == ExclusiveCreate.ATOMIC
                ? store
                : new WriteRefusingStore(store);
    }

    @Override
    public void putIfAbsent(ObjectKey key, ObjectSource source) throws StorageException {
        requireWritable(key);
    }

    @Override
    public Optional<Tampering> tampering() {
        return Optional.empty();
    }

    @Override
    public void requireWritable(ObjectKey key) throws StorageException {
        throw new StorageDenied(
                "refused to write '" + key + "' to " + description()
                        + ": this store cannot create objects exclusively, so two hosts could overwrite each other's"
                        + " objects. If a single host writes there, set " + OPTION + " = true",
                null);
    }
}
