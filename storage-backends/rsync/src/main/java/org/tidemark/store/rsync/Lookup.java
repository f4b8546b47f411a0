// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;

/** Looks up single objects. Thread-safe. */
final class Lookup {
    private final Listing listing;
    private final RsyncErrors errors;

    Lookup(Listing listing, RsyncErrors errors) {
        this.listing = listing;
        this.errors = errors;
    }

    /** Empty if the server, which has the root, has no file of this name. */
    Optional<ObjectInfo> stat(ObjectKey key) throws StorageException {
        AtomicReference<Optional<ListedFile>> found = new AtomicReference<>(Optional.empty());
        listing.files(Operation.LOOK_UP, key.value(), List.of(), RsyncProgram.NOTHING, key.value(), file -> {
            if (file.path().equals(key.value())) {
                found.set(Optional.of(file));
            }
            return true;
        });
        Optional<ListedFile> file = found.get();
        if (file.isEmpty() || file.get().isDirectory()) {
            return Optional.empty();
        }
        if (!file.get().isFile()) {
            throw errors.notAnObject(key.value());
        }
        return Optional.of(
                new ObjectInfo(key, file.get().sizeBytes(), file.get().modified()));
    }
}
