// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import java.io.IOException;
import java.util.List;
import org.tidemark.core.JsonObject;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;

/**
 * What Swift says in the body of an answer to a deletion of many. Immutable.
 *
 * @param status of the whole
 * @param notFound how many were not there
 * @param failed the name of the first that could not be removed, or what was asked
 * @param failedStatus its status; 0 if none failed
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

    /** As in {@code 403 Forbidden}. */
    private static int number(String status) throws IOException {
        if (!status.matches("[1-5][0-9]{2}( .*)?")) {
            throw new IOException("the answer to a deletion has no status");
        }
        return Integer.parseInt(status.substring(0, 3));
    }

    void requireDone(Container container) throws StorageException {
        SwiftErrors errors = container.errors();
        int refused = failedStatus != 0 ? failedStatus : status;
        if (refused == 401) {
            // The token ended on the way; the next try asks for a new one.
            throw errors.unavailable(Operation.DELETE, failed, "the store refused the token for a part of the batch");
        }
        if (notFound > 0 || refused == 404) {
            container.require(Operation.DELETE, failed);
        }
        if (refused / 100 != 2 && refused != 404) {
            throw errors.refused(Operation.DELETE, failed, refused);
        }
    }
}
