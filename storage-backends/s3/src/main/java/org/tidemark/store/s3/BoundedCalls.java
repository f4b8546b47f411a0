// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.tidemark.store.TimeLimits;

/**
 * Runs requests so that none is waited for beyond its limits. Each has a virtual thread of its own, because only there
 * does an interrupt end a socket that neither takes nor gives bytes. Thread-safe.
 */
final class BoundedCalls {
    /** What an interrupted request gets to let go of its connection. */
    private static final Duration FAREWELL = Duration.ofSeconds(1);

    private final TimeLimits limits;

    BoundedCalls(TimeLimits limits) {
        this.limits = limits;
    }

    /** A request took longer than it may. */
    static final class TooSlow extends IOException {
        private static final long serialVersionUID = 1L;

        TooSlow(String message) {
            super(message);
        }
    }

    /**
     * @param body what the request sends, so that a standstill can be seen; null if it sends nothing
     * @throws InterruptedException if the calling thread was interrupted; the request is given up
     * @throws TooSlow if a limit has passed
     */
    <T> T run(@Nullable SourceBody body, Callable<T> request) throws Exception {
        if (Thread.interrupted()) {
            throw new InterruptedException("before anything was sent");
        }
        FutureTask<T> task = new FutureTask<>(request);
        Thread thread = Thread.ofVirtual().name("s3-request").start(task);
        try {
            return await(task, body);
        } catch (TooSlow | InterruptedException e) {
            giveUp(thread);
            throw e;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }

    private <T> T await(FutureTask<T> task, @Nullable SourceBody body)
            throws InterruptedException, ExecutionException, TooSlow {
        long begin = System.nanoTime();
        long step = body == null
                ? limits.request().toNanos()
                : Math.min(limits.request().toNanos(), limits.read().toNanos() / 4);
        while (true) {
            long left = limits.request().toNanos() - (System.nanoTime() - begin);
            try {
                return task.get(Math.clamp(left, 1, step), TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                if (System.nanoTime() - begin >= limits.request().toNanos()) {
                    throw new TooSlow("it took longer than " + limits.request().toSeconds() + " s");
                }
                if (body != null && body.idleNanos() > limits.read().toNanos()) {
                    throw new TooSlow("no byte went for " + limits.read().toSeconds() + " s");
                }
            }
        }
    }

    private static void giveUp(Thread thread) throws InterruptedException {
        boolean interrupted = Thread.interrupted();
        thread.interrupt();
        try {
            thread.join(FAREWELL);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
