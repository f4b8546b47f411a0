// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import org.tidemark.core.JsonObject;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;

/**
 * Removes objects, many in one request. Such requests are always answered by 200: what came of them stands in the body.
 * Immutable.
 */
record Deletion(Container container) {
    private static final int MAX_BATCH = 1000;

    void delete(Collection<ObjectKey> keys) throws StorageException {
        List<String> all =
                keys.stream().distinct().sorted().map(ObjectKey::value).toList();
        for (int from = 0; from < all.size(); from += MAX_BATCH) {
            deleteNames(all.subList(from, Math.min(from + MAX_BATCH, all.size())));
        }
    }

    private void deleteNames(List<String> names) throws StorageException {
        if (names.size() > 1 && deleteTogether(names)) {
            return;
        }
        for (String name : names) {
            deleteOne(name);
        }
    }

    private void deleteOne(String name) throws StorageException {
        try (Answer answer = container.send(SwiftRequest.of("DELETE", container.path(name)), Operation.DELETE, name)) {
            if (answer.status() == 404) {
                container.require(Operation.DELETE, name);
            } else if (answer.status() / 100 != 2) {
                throw container.errors().refused(Operation.DELETE, name, answer.status());
            }
        }
    }

    /** False if the store knows no such request. */
    private boolean deleteTogether(List<String> names) throws StorageException {
        // The status is 200 also where the token is refused: a request that renews it goes first.
        container.require(Operation.DELETE, names.getFirst());
        StringBuilder lines = new StringBuilder();
        names.forEach(name -> lines.append(container.path(name)).append('\n'));
        byte[] body = lines.toString().getBytes(StandardCharsets.UTF_8);
        String about = names.getFirst();
        SwiftRequest request = SwiftRequest.of(
                        "POST", "?bulk-delete", "Content-Type", "text/plain", "Accept", "application/json")
                .sending(new SourceBody(new ObjectKey("deletion"), ObjectSource.of(body)));
        try (Answer answer = container.send(request, Operation.DELETE, about)) {
            return switch (answer.status()) {
                case 200 -> {
                    DeletionAnswer.read(answer.json(JsonObject.class), about).requireDone(container);
                    yield true;
                }
                // Without that service it is a request of another meaning, which does nothing.
                case 202, 204, 400, 403, 404, 405, 501 -> false;
                default -> throw container.errors().refused(Operation.DELETE, about, answer.status());
            };
        } catch (IOException e) {
            throw container.errors().of(Operation.DELETE, about, e);
        }
    }
}
