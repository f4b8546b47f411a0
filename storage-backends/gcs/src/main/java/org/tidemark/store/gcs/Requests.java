// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.gcs;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.tidemark.store.StorageException;
import org.tidemark.store.TimeLimits;
import org.tidemark.store.gcs.GcsErrors.Doing;

/**
 * Requests, each sent once, and each within the limits of time: whatever the library waits for, its caller waits no
 * longer, and can be interrupted. Each has a virtual thread of its own, because only there does an interrupt end a
 * socket that neither takes nor gives bytes. Thread-safe.
 */
final class Requests {
    /** How often it is looked whether something still goes. */
    private static final Duration STEP = Duration.ofMillis(250);

    private static final Duration FAREWELL = Duration.ofSeconds(1);

    private final TimeLimits limits;
    private final GcsErrors errors;

    Requests(TimeLimits limits, GcsErrors errors) {
        this.limits = limits;
        this.errors = errors;
    }

    TimeLimits limits() {
        return limits;
    }

    <T> T send(Doing doing, String key, Callable<T> request) throws StorageException {
        return send(doing, key, limits.request(), request);
    }

    /** @param limit what is left of the limit for a request that was begun before */
    <T> T send(Doing doing, String key, Duration limit, Callable<T> request) throws StorageException {
        if (Thread.currentThread().isInterrupted()) {
            throw errors.interrupted(doing, key);
        }
        Sending sending = new Sending();
        FutureTask<T> task = new FutureTask<>(() -> sending.during(request));
        long end = System.nanoTime() + limit.toNanos();
        Thread.ofVirtual().name("gcs").start(task);
        try {
            while (true) {
                try {
                    return task.get(Math.clamp(end - System.nanoTime(), 1, STEP.toNanos()), TimeUnit.NANOSECONDS);
                } catch (TimeoutException e) {
                    if (end - System.nanoTime() <= 0) {
                        throw errors.tooSlow(doing, key, TimeLimits.REQUEST_OPTION, limits.request());
                    }
                    if (sending.standsStillFor(limits.read())) {
                        throw errors.tooSlow(doing, key, TimeLimits.READ_OPTION, limits.read());
                    }
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw errors.interrupted(doing, key);
        } catch (ExecutionException e) {
            throw errors.of(doing, key, e.getCause() == null ? e : e.getCause());
        } finally {
            if (!task.isDone()) {
                // Its connection is dropped by this; not on this thread, since streams are closed that may be waited
                // for.
                Thread.ofVirtual().name("gcs-cancel").start(() -> task.cancel(true));
            }
        }
    }

    /** Gives back what a request holds, and waits for no longer than a moment; on this thread it could wait. */
    void release(AutoCloseable held) {
        Thread closing = Thread.ofVirtual().name("gcs-release").start(() -> {
            try {
                held.close();
            } catch (Exception e) {
                // Nothing that was read or written depends on it.
            }
        });
        try {
            if (!closing.join(FAREWELL)) {
                closing.interrupt();
            }
        } catch (InterruptedException e) {
            closing.interrupt();
            Thread.currentThread().interrupt();
        }
    }
}
