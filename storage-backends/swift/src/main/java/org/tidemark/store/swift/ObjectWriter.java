// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import java.util.Optional;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.store.swift.SwiftErrors.Doing;

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
        try (Answer answer = container.send(request, Doing.WRITE, key.value())) {
            switch (answer.status()) {
                case 201 -> {
                    if (!answer.etag().equals(digest)) {
                        throw errors.unavailable(Doing.WRITE, key.value(), "the store answered another digest");
                    }
                }
                case 412 -> throw errors.exists(key);
                // "Accepted" is said when a newer write stands: ours is not stored.
                case 202 -> throw notStored(key);
                default -> throw errors.refused(Doing.WRITE, key.value(), answer.status());
            }
        }
        readBack(key, digest, body.length());
    }

    private StorageException notStored(ObjectKey key) throws StorageException {
        return container.headNewest(Doing.WRITE, key.value()).isPresent()
                ? container.errors().exists(key)
                : container
                        .errors()
                        .unavailable(Doing.WRITE, key.value(), "it is not stored, since something newer was there");
    }

    private void readBack(ObjectKey key, String digest, long sizeBytes) throws StorageException {
        Optional<StoredObject> found;
        try {
            found = container.headNewest(Doing.LOOK_UP, key.value());
        } catch (StorageException e) {
            // It is stored, so nothing may be said that means "nothing is there".
            throw new StorageUnavailable("'" + key + "' is written and could not be read back: " + e.getMessage(), e);
        }
        if (found.isEmpty()) {
            throw container.errors().unavailable(Doing.WRITE, key.value(), "it is written, and is not there");
        }
        if (!found.get().etag().equals(digest) || found.get().sizeBytes() != sizeBytes) {
            throw container.errors().exists(key);
        }
    }
}
