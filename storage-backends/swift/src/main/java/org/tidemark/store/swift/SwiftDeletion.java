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
 * Deletes objects, many with one request. The status of such a request is always 200, and the body has the result.
 * Immutable.
 */
record SwiftDeletion(SwiftContainer container) {
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
        try (SwiftAnswer answer =
                container.send(SwiftRequest.of("DELETE", container.path(name)), Operation.DELETE, name)) {
            if (answer.status() == 404) {
                container.require(Operation.DELETE, name);
            } else if (answer.status() / 100 != 2) {
                throw container.errors().refused(Operation.DELETE, name, answer.status());
            }
        }
    }

    /** Returns false if the store does not support such requests. */
    private boolean deleteTogether(List<String> names) throws StorageException {
        // A refused token also gets status 200, so another request renews the token first.
        container.require(Operation.DELETE, names.getFirst());
        StringBuilder lines = new StringBuilder();
        names.forEach(name -> lines.append(container.path(name)).append('\n'));
        byte[] body = lines.toString().getBytes(StandardCharsets.UTF_8);
        String about = names.getFirst();
        SwiftRequest request = SwiftRequest.of(
                        "POST", "?bulk-delete", "Content-Type", "text/plain", "Accept", "application/json")
                .sending(new SourceBody(new ObjectKey("deletion"), ObjectSource.of(body)));
        try (SwiftAnswer answer = container.send(request, Operation.DELETE, about)) {
            return switch (answer.status()) {
                case 200 -> {
                    DeletionAnswer.read(answer.json(JsonObject.class), about).requireDone(container);
                    yield true;
                }
                // Without this feature, the request has another meaning, and has no effect.
                case 202, 204, 400, 403, 404, 405, 501 -> false;
                default -> throw container.errors().refused(Operation.DELETE, about, answer.status());
            };
        } catch (IOException e) {
            throw container.errors().of(Operation.DELETE, about, e);
        }
    }

    /**
     * The body of the answer to the deletion of many objects. Immutable.
     *
     * @param status of the whole request
     * @param notFound the number of missing objects
     * @param failed the name of the first object that could not be deleted, or the name of the request
     * @param failedStatus the status of that object; 0 if no deletion failed
     */
    record DeletionAnswer(int status, long notFound, String failed, int failedStatus) {
        static DeletionAnswer read(JsonObject body, String about) throws IOException {
            int status = number(body.find("Response Status", String.class).orElse(""));
            long notFound = body.find("Number Not Found", Long.class)
                    .orElseThrow(() -> new IOException("the answer does not say what was deleted"));
            List<?> errors = body.find("Errors", List.class).orElse(List.of());
            if (errors.isEmpty()) {
                return new DeletionAnswer(status, notFound, about, 0);
            }
            if (!(errors.getFirst() instanceof List<?> first
                    && first.size() == 2
                    && first.getFirst() instanceof String name
                    && first.getLast() instanceof String refusal)) {
                throw new IOException("the answer does not say what could not be deleted");
            }
            return new DeletionAnswer(status, notFound, name, number(refusal));
        }

        /** Parses a status such as {@code 403 Forbidden}. */
        private static int number(String status) throws IOException {
            if (!status.matches("[1-5][0-9]{2}( .*)?")) {
                throw new IOException("the answer to a deletion has no status");
            }
            return Integer.parseInt(status.substring(0, 3));
        }

        void requireDone(SwiftContainer container) throws StorageException {
            SwiftErrors errors = container.errors();
            int refused = failedStatus != 0 ? failedStatus : status;
            if (refused == 401) {
                // The token expired during the request; the next attempt logs in again.
                throw errors.unavailable(
                        Operation.DELETE, failed, "the store refused the token for a part of the batch");
            }
            if (notFound > 0 || refused == 404) {
                container.require(Operation.DELETE, failed);
            }
            if (refused / 100 != 2 && refused != 404) {
                throw errors.refused(Operation.DELETE, failed, refused);
            }
        }
    }
}
