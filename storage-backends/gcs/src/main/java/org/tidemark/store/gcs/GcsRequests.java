// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.gcs;

import java.time.Duration;
import java.util.concurrent.Callable;
import org.tidemark.core.TimeLimits;
import org.tidemark.store.BoundedCall;
import org.tidemark.store.Operation;
import org.tidemark.store.RequestThreads;
import org.tidemark.store.StorageException;

/** Sends each request once, within the time limits. Thread-safe. */
final class GcsRequests {
    private static final Duration CLOSE_GRACE = Duration.ofSeconds(1);

    private final TimeLimits limits;
    private final BoundedCall calls;
    private final GcsErrors errors;

    GcsRequests(TimeLimits limits, GcsErrors errors) {
        this.limits = limits;
        this.calls = new BoundedCall(limits);
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
        WriteStallDetector stall = new WriteStallDetector();
        try {
            return calls.run(limit, stall::idleNanos, () -> stall.during(request));
        } catch (Exception e) {
            throw errors.of(operation, key, e);
        }
    }

    /** Closes a resource of a request on another thread, and waits for that at most {@link #CLOSE_GRACE}. */
    void release(AutoCloseable held) {
        Thread closing = RequestThreads.start("gcs-release", () -> {
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
