// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import com.azure.core.util.BinaryData;
import org.tidemark.store.BodyChecksum;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageDenied;

/**
 * Puts an object in one request, of which nothing is held in memory. The source is read twice, since the checksum goes
 * before the bytes. Thread-safe.
 */
final class ObjectWriter {
    private final AzureErrors errors;
    private final Lookup lookup;
    private final NewObject newObject;

    ObjectWriter(AzureConfig config, Container container, Requests requests, AzureErrors errors) {
        this.errors = errors;
        this.lookup = new Lookup(container, requests);
        this.newObject = new NewObject(container, requests, errors, config.settings());
    }

    void put(ObjectKey key, ObjectSource source) throws StorageException {
        byte[] md5 = BodyChecksum.md5(key, source);
        try (ReopeningStream stream = new ReopeningStream(key, source)) {
            newObject.put(key, BinaryData.fromStream(stream, source.sizeBytes()), md5);
        } catch (StorageDenied e) {
            // A lock that stands in the way is one of an object that is there.
            throw isKnownToBeThere(key) ? errors.exists(key) : e;
        }
    }

    private boolean isKnownToBeThere(ObjectKey key) throws StorageException {
        try {
            return lookup.find(key).isPresent();
        } catch (StorageDenied e) {
            return false;
        }
    }
}
