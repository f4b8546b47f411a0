// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.tidemark.core.TimeLimits;

/**
 * Runs requests within the time limits of a store: the caller never waits longer, whatever the library waits for, and
 * can be interrupted. Each request runs on a thread of its own ({@link RequestThreads}), of the system if the process
 * ends soon. Thread-safe.
 */
public final class BoundedCall {
    /** The interval between two checks for a stalled request. */
    private static final Duration STEP = Duration.ofMillis(250);

    /** The time that an interrupted request gets to close its connection. */
    private static final Duration CLOSE_GRACE = Duration.ofSeconds(1);

    private static volatile boolean processEndsSoon;

    private final TimeLimits limits;

    public BoundedCall(TimeLimits limits) {
        this.limits = limits;
    }

    /**
     * Says whether the process ends within minutes; if nobody says so, it does not. The end of such a process closes
     * the socket of a request that was abandoned, so requests need no virtual threads. As soon as one of these has
     * waited for a socket, a thread of the JVM waits for all of them, and the JVM waits 300 ms for that one before it
     * ends.
     */
    public static void processEndsSoon(boolean soon) {
        processEndsSoon = soon;
    }

    /** A time limit has passed. {@link StoreErrors#of} turns this into a {@link StorageException}. */
    static final class TooSlow extends IOException {
        private static final long serialVersionUID = 1L;

        TooSlow(String event, String option, Duration limit) {
            super(event + " within '" + option + "', " + limit.toMillis() + " ms");
        }
    }

    /** Runs a request that sends little: the library itself watches what it receives. */
    public <T> T run(Callable<T> request) throws Exception {
        return run(limits.request(), () -> 0, request);
    }

    /** Runs a request that sends much. */
    public <T> T run(LongSupplier idleNanos, Callable<T> request) throws Exception {
        return run(limits.request(), idleNanos, request);
    }

    /**
     * Runs a request.
     *
     * @param limit of the whole request
     * @param idleNanos the time since the request last made progress; the request is abandoned after the read limit
     * @throws InterruptedException if the calling thread was interrupted; the request is abandoned
     * @throws Exception what the request throws, or that a limit has passed; the request is abandoned
     */
    public <T> T run(Duration limit, LongSupplier idleNanos, Callable<T> request) throws Exception {
        // A request that was sent may take effect although nobody waits for its answer.
        if (Thread.interrupted()) {
            throw new InterruptedException("before anything was sent");
        }
        FutureTask<T> task = new FutureTask<>(request);
        Thread thread = processEndsSoon
                ? RequestThreads.startOfSystem("store-request", task)
                : RequestThreads.start("store-request", task);
        try {
            return await(task, limit, idleNanos);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw e.getCause() instanceof Exception cause ? cause : e;
        } finally {
            if (!task.isDone()) {
                giveUp(thread);
            }
        }
    }

    private <T> T await(FutureTask<T> task, Duration limit, LongSupplier idleNanos)
            throws InterruptedException, ExecutionException, TooSlow {
        long end = System.nanoTime() + limit.toNanos();
        while (true) {
            try {
                return task.get(Math.clamp(end - System.nanoTime(), 1, STEP.toNanos()), TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                if (end - System.nanoTime() <= 0) {
                    throw new TooSlow("no answer", TimeLimits.REQUEST_OPTION, limit);
                }
                if (idleNanos.getAsLong() > limits.read().toNanos()) {
                    throw new TooSlow("no byte was sent and no answer came", TimeLimits.READ_OPTION, limits.read());
                }
            }
        }
    }

    /** The interrupt closes the connection; on another thread, because closing a stream may wait. */
    private static void giveUp(Thread request) {
        boolean interrupted = Thread.interrupted();
        RequestThreads.startOfSystem("store-interrupt", request::interrupt);
        try {
            request.join(CLOSE_GRACE);
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
