// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import com.azure.storage.blob.models.BlobProperties;
import java.util.Optional;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.ObjectMissing;

/** What the service knows of an object. Thread-safe. */
final class Lookup {
    private final Container container;
    private final Requests requests;

    Lookup(Container container, Requests requests) {
        this.container = container;
        this.requests = requests;
    }

    /** Empty means that the service answered so. */
    Optional<ObjectInfo> find(ObjectKey key) throws StorageException {
        try {
            BlobProperties found = requests.send(
                    Operation.LOOK_UP,
                    key.value(),
                    context -> container
                            .blob(key)
                            .getPropertiesWithResponse(null, null, context)
                            .getValue());
            return Optional.of(new ObjectInfo(
                    key, found.getBlobSize(), found.getLastModified().toInstant()));
        } catch (ObjectMissing e) {
            return Optional.empty();
        }
    }
}
