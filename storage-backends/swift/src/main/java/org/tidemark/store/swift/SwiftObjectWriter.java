// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import java.util.Optional;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.store.swift.SwiftContainer.StoredObject;

/**
 * Creates objects. Swift checks that the object does not exist before it writes, so two concurrent writers can both
 * find no object. Therefore each writer reads the object back, and only the writer whose bytes are stored has
 * succeeded. Immutable.
 */
record SwiftObjectWriter(SwiftContainer container) {
    void put(ObjectKey key, ObjectSource source) throws StorageException {
        SourceBody body = new SourceBody(key, source);
        String digest = body.md5();
        SwiftRequest request = SwiftRequest.of(
                        "PUT",
                        container.path(key.value()),
                        "Content-Type",
                        "application/octet-stream",
                        "ETag",
                        digest,
                        "If-None-Match",
                        "*")
                .sending(body);
        SwiftErrors errors = container.errors();
        try (SwiftAnswer answer = container.send(request, Operation.WRITE, key.value())) {
            switch (answer.status()) {
                case 201 -> {
                    if (!answer.etag().equals(digest)) {
                        throw errors.unavailable(
                                Operation.WRITE,
                                key.value(),
                                "the checksum in the store's answer does not match the sent bytes");
                    }
                }
                case 412 -> throw errors.exists(key);
                // "Accepted" means that a newer object exists, and this one is not stored.
                case 202 -> throw notStored(key);
                default -> throw errors.refused(Operation.WRITE, key.value(), answer.status());
            }
        }
        readBack(key, digest, body.length());
    }

    private StorageException notStored(ObjectKey key) throws StorageException {
        return container.headNewest(Operation.WRITE, key.value()).isPresent()
                ? container.errors().exists(key)
                : container
                        .errors()
                        .unavailable(
                                Operation.WRITE,
                                key.value(),
                                "the object was not stored, because a newer object exists");
    }

    private void readBack(ObjectKey key, String digest, long sizeBytes) throws StorageException {
        Optional<StoredObject> found;
        try {
            found = container.headNewest(Operation.LOOK_UP, key.value());
        } catch (StorageException e) {
            // The object is stored, so the error must not mean that it does not exist.
            throw new StorageUnavailable("'" + key + "' is written and could not be read back: " + e.getMessage(), e);
        }
        if (found.isEmpty()) {
            throw container
                    .errors()
                    .unavailable(Operation.WRITE, key.value(), "the object was written, but does not exist");
        }
        if (!found.get().etag().equals(digest) || found.get().sizeBytes() != sizeBytes) {
            throw container.errors().exists(key);
        }
    }
}
