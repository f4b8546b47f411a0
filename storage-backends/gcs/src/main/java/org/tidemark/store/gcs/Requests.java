// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.gcs;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import org.tidemark.store.TimeLimits;

/**
 * Sends each request once, within the time limits: the caller never waits longer than the limit, whatever the library
 * waits for, and can be interrupted. Each request runs on a new virtual thread, because an interrupt closes the socket
 * of a stalled connection only on a virtual thread. Thread-safe.
 */
final class Requests {
    /** The interval between two checks for a stalled write. */
    private static final Duration STEP = Duration.ofMillis(250);

    private static final Duration CLOSE_GRACE = Duration.ofSeconds(1);

    private final TimeLimits limits;
    private final GcsErrors errors;

    Requests(TimeLimits limits, GcsErrors errors) {
        this.limits = limits;
        this.errors = errors;
    }

    TimeLimits limits() {
        return limits;
    }

    <T> T send(Operation operation, String key, Callable<T> request) throws StorageException {
        return send(operation, key, limits.request(), request);
    }

    /** @param limit the remaining time of a request that has begun before */
    <T> T send(Operation operation, String key, Duration limit, Callable<T> request) throws StorageException {
        if (Thread.currentThread().isInterrupted()) {
            throw errors.interrupted(operation, key);
        }
        WriteStallDetector stall = new WriteStallDetector();
        FutureTask<T> task = new FutureTask<>(() -> stall.during(request));
        long end = System.nanoTime() + limit.toNanos();
        Thread.ofVirtual().name("gcs").start(task);
        try {
            while (true) {
                try {
                    return task.get(Math.clamp(end - System.nanoTime(), 1, STEP.toNanos()), TimeUnit.NANOSECONDS);
                } catch (TimeoutException e) {
                    if (end - System.nanoTime() <= 0) {
                        throw errors.tooSlow(operation, key, TimeLimits.REQUEST_OPTION, limits.request());
                    }
                    if (stall.isStalledFor(limits.read())) {
                        throw errors.tooSlow(operation, key, TimeLimits.READ_OPTION, limits.read());
                    }
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw errors.interrupted(operation, key);
        } catch (ExecutionException e) {
            throw errors.of(operation, key, e.getCause() == null ? e : e.getCause());
        } finally {
            if (!task.isDone()) {
                // The cancellation closes the connection. It runs on another thread, because closing a stream may
                // wait.
                Thread.ofVirtual().name("gcs-cancel").start(() -> task.cancel(true));
            }
        }
    }

    /** Closes a resource of a request on another thread, and waits for that at most {@link #CLOSE_GRACE}. */
    void release(AutoCloseable held) {
        Thread closing = Thread.ofVirtual().name("gcs-release").start(() -> {
            try {
                held.close();
            } catch (Exception e) {
                // No byte that was read or written depends on this resource.
            }
        });
        try {
            if (!closing.join(CLOSE_GRACE)) {
                closing.interrupt();
            }
        } catch (InterruptedException e) {
            closing.interrupt();
            Thread.currentThread().interrupt();
        }
    }
}
