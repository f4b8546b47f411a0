// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import com.azure.storage.blob.models.BlobProperties;
import java.util.Optional;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.ObjectMissing;

/** Looks up objects. Thread-safe. */
final class BlobLookup {
    private final AzureContainer container;
    private final AzureRequests requests;

    BlobLookup(AzureContainer container, AzureRequests requests) {
        this.container = container;
        this.requests = requests;
    }

    /** Empty if the service answered that the object does not exist. */
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
