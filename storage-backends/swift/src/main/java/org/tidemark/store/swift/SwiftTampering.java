// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import org.tidemark.store.Tampering;

/** The damage to the objects of a container. Thread-safe. */
record SwiftTampering(SwiftObjectStore store, SwiftContainer container) implements Tampering {
    @Override
    public void create(ObjectKey key, byte[] content) throws StorageException {
        store.putIfAbsent(key, ObjectSource.of(content));
    }

    @Override
    public void overwrite(ObjectKey key, byte[] content) throws StorageException {
        SwiftRequest put = SwiftRequest.of(
                        "PUT", container.path(key.value()), "Content-Type", "application/octet-stream")
                .sending(new SourceBody(key, ObjectSource.of(content)));
        try (SwiftAnswer answer = container.send(put, Operation.WRITE, key.value())) {
            if (answer.status() != 201) {
                throw container.errors().refused(Operation.WRITE, key.value(), answer.status());
            }
        }
    }

    /** Only of a container that keeps no versions. */
    @Override
    public OptionalInt copies(ObjectKey key) throws StorageException {
        try (SwiftAnswer answer =
                container.send(SwiftRequest.of("GET", container.listing() + "&limit=1"), Operation.LIST, "")) {
            if (answer.status() / 100 != 2) {
                throw container.errors().refused(Operation.LIST, "", answer.status());
            }
            boolean versions = Stream.of("X-Versions-Enabled", "X-Versions-Location", "X-History-Location")
                    .flatMap(name -> answer.header(name).stream())
                    .anyMatch(value -> !value.equalsIgnoreCase("false"));
            if (versions) {
                return OptionalInt.empty();
            }
        }
        return OptionalInt.of(
                container.headNewest(Operation.LOOK_UP, key.value()).isPresent() ? 1 : 0);
    }

    @Override
    public void destroy(ObjectKey key) throws StorageException {
        store.delete(List.of(key));
    }

    @Override
    public Optional<Lock> lock(ObjectKey key) {
        return Optional.empty();
    }

    @Override
    public Control control() {
        return new Control(
                Optional.empty(),
                "container",
                "not tested: Swift does not tell whether these credentials may change the container's settings, or"
                        + " delete it",
                "The owner of the account may do both. Use a user whom only the container's read and write ACLs let"
                        + " in.");
    }
}
