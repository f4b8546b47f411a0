// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import com.azure.core.util.Context;
import com.azure.core.util.Contexts;
import com.azure.core.util.ProgressReporter;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import org.tidemark.store.TimeLimits;

/**
 * Requests, each sent once, and each within the limits of time: whatever the library waits for, its caller waits no
 * longer, and can be interrupted. Thread-safe.
 */
final class Requests {
    /** The library's name for how long the answer to one request may take, what is sent included. */
    private static final String RESPONSE_LIMIT = "azure-response-timeout";

    /** How often it is looked whether something still goes. */
    private static final long STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    private final TimeLimits limits;
    private final AzureErrors errors;

    Requests(TimeLimits limits, AzureErrors errors) {
        this.limits = limits;
        this.errors = errors;
    }

    /** One that sends little: the HTTP client itself watches over what comes. */
    <T> T send(Operation operation, String key, Function<Context, T> request) throws StorageException {
        // Longer than the request can take: only its own limit counts here.
        AtomicLong quietUntil =
                new AtomicLong(System.nanoTime() + 2 * limits.request().toNanos());
        return await(operation, key, quietUntil, new FutureTask<>(() -> request.apply(Context.NONE)));
    }

    /** One that sends much: given up as well when nothing goes any more, or no answer comes to all of it. */
    <T> T upload(String key, Function<Context, T> request) throws StorageException {
        long readNanos = limits.read().toNanos();
        AtomicLong quietUntil =
                new AtomicLong(System.nanoTime() + limits.connect().toNanos() + readNanos);
        ProgressReporter reporter =
                ProgressReporter.withProgressListener(sent -> quietUntil.set(System.nanoTime() + readNanos));
        Context context = Contexts.with(new Context(RESPONSE_LIMIT, limits.request()))
                .setHttpRequestProgressReporter(reporter)
                .getContext();
        return await(Operation.WRITE, key, quietUntil, new FutureTask<>(() -> request.apply(context)));
    }

    private <T> T await(Operation operation, String key, AtomicLong quietUntil, FutureTask<T> request)
            throws StorageException {
        if (Thread.currentThread().isInterrupted()) {
            throw errors.interrupted(operation, key);
        }
        long end = System.nanoTime() + limits.request().toNanos();
        Thread.ofVirtual().name("azure").start(request);
        try {
            while (true) {
                try {
                    return request.get(STEP_NANOS, TimeUnit.NANOSECONDS);
                } catch (TimeoutException e) {
                    checkTime(operation, key, end, quietUntil.get());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw errors.interrupted(operation, key);
        } catch (ExecutionException e) {
            throw errors.of(operation, key, e.getCause() == null ? e : e.getCause());
        } finally {
            // Interrupts what is still under way, by which the HTTP client drops its connection.
            request.cancel(true);
        }
    }

    private void checkTime(Operation operation, String key, long end, long quietUntil) throws StorageException {
        long now = System.nanoTime();
        if (now - end > 0) {
            throw errors.tooSlow(operation, key, TimeLimits.REQUEST_OPTION, limits.request());
        }
        if (now - quietUntil > 0) {
            throw errors.tooSlow(operation, key, TimeLimits.READ_OPTION, limits.read());
        }
    }
}
