// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import java.util.Optional;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageUnavailable;

/**
 * Creates objects. Swift looks whether there is one before it writes, and two writers at once may both find none: so
 * each reads back what stands there afterwards, and only the one whose bytes stand believes to have won. Immutable.
 */
record ObjectWriter(Container container) {
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
        try (Answer answer = container.send(request, Operation.WRITE, key.value())) {
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
                // "Accepted" is said when a newer write stands: ours is not stored.
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
                        .unavailable(Operation.WRITE, key.value(), "it was not stored, because a newer object exists");
    }

    private void readBack(ObjectKey key, String digest, long sizeBytes) throws StorageException {
        Optional<StoredObject> found;
        try {
            found = container.headNewest(Operation.LOOK_UP, key.value());
        } catch (StorageException e) {
            // It is stored, so nothing may be said that means "nothing is there".
            throw new StorageUnavailable("'" + key + "' is written and could not be read back: " + e.getMessage(), e);
        }
        if (found.isEmpty()) {
            throw container.errors().unavailable(Operation.WRITE, key.value(), "it was written, but does not exist");
        }
        if (!found.get().etag().equals(digest) || found.get().sizeBytes() != sizeBytes) {
            throw container.errors().exists(key);
        }
    }
}
