// SPDX-License-Identifier: Apache-2.0
package org.tidemark.service.cron;

import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.core.UserFacingException;

/**
 * Why repositories refused something that the next one was then asked for. If all refuse, the first reason counts. Not
 * thread-safe.
 */
final class Refusals {
    private @Nullable Exception first;

    /** What one repository is asked for. */
    interface Request<T> {
        T send() throws IOException;
    }

    /**
     * Asks one repository; empty if it refuses.
     *
     * @throws UserFacingException on an interrupt
     */
    <T> Optional<T> ask(Request<T> request) {
        try {
            return Optional.of(request.send());
        } catch (IOException | UserFacingException e) {
            StorageErrors.explainUnlessInterrupted(e);
            first = first == null ? e : first;
            return Optional.empty();
        }
    }

    /** Throws the first reason, if there is one. */
    void rethrow() throws IOException {
        if (first instanceof IOException store) {
            throw store;
        }
        if (first instanceof UserFacingException other) {
            throw other;
        }
    }
}
