// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import com.azure.core.util.Context;
import com.azure.core.util.Contexts;
import com.azure.core.util.ProgressReporter;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.tidemark.core.TimeLimits;
import org.tidemark.store.BoundedCall;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;

/** Sends each request once, within the time limits. Thread-safe. */
final class AzureRequests {
    /** The library's name for the time limit of one request, including the time for sending. */
    private static final String RESPONSE_LIMIT = "azure-response-timeout";

    private final TimeLimits limits;
    private final BoundedCall calls;
    private final AzureErrors errors;

    AzureRequests(TimeLimits limits, AzureErrors errors) {
        this.limits = limits;
        this.calls = new BoundedCall(limits);
        this.errors = errors;
    }

    /** Sends a request without a large body: the HTTP client itself watches what it receives. */
    <T> T send(Operation operation, String key, Function<Context, T> request) throws StorageException {
        try {
            return calls.run(() -> request.apply(Context.NONE));
        } catch (Exception e) {
            throw errors.of(operation, key, e);
        }
    }

    /** Sends the bytes of an object; also gives up if no byte can be sent, or if no answer follows the last one. */
    <T> T upload(String key, Function<Context, T> request) throws StorageException {
        // The time limit of the connection comes before the first byte.
        AtomicLong progress =
                new AtomicLong(System.nanoTime() + limits.connect().toNanos());
        Context context = Contexts.with(new Context(RESPONSE_LIMIT, limits.request()))
                .setHttpRequestProgressReporter(
                        ProgressReporter.withProgressListener(sent -> progress.set(System.nanoTime())))
                .getContext();
        try {
            return calls.run(() -> System.nanoTime() - progress.get(), () -> request.apply(context));
        } catch (Exception e) {
            throw errors.of(Operation.WRITE, key, e);
        }
    }
}
