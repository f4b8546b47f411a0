// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import org.tidemark.store.StorageException.StorageDenied;

/** Refuses to put an object longer than {@link #MAX_OBJECT_BYTES}, before any request is sent. Thread-safe. */
final class SizeLimitedStore extends DelegatingStore {
    SizeLimitedStore(ObjectStore store) {
        super(store);
    }

    @Override
    public void putIfAbsent(ObjectKey key, ObjectSource source) throws StorageException {
        if (source.sizeBytes() > MAX_OBJECT_BYTES) {
            throw new StorageDenied(
                    "could not store '" + key + "' in " + description() + ": it has " + source.sizeBytes()
                            + " bytes, but an object has at most " + MAX_OBJECT_BYTES + " (1 GiB and its header)",
                    "Only the backup_manifest of a cluster with millions of files can be this long: report it with the"
                            + " number of files.",
                    null);
        }
        super.putIfAbsent(key, source);
    }
}
