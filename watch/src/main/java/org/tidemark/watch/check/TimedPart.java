// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A part of a check, on a thread of its own, so that what hangs delays nothing else. A part that is abandoned is
 * interrupted; one that the kernel does not let go of, as on a network file system whose server is gone, ends with the
 * process.
 */
public final class TimedPart<T> {
    private static final Duration TO_STOP = Duration.ofMillis(200);

    private final FutureTask<T> task;
    private final Thread thread;

    private TimedPart(FutureTask<T> task, Thread thread) {
        this.task = task;
        this.thread = thread;
    }

    /** Begins it. */
    public static <T> TimedPart<T> start(String name, Callable<T> work) {
        FutureTask<T> task = new FutureTask<>(work);
        return new TimedPart<>(
                task, Thread.ofPlatform().daemon().name("check-" + name).start(task));
    }

    /** Whether its thread has ended; that of an abandoned one may hang for as long as its disk does. */
    public boolean hasEnded() {
        return !thread.isAlive();
    }

    /**
     * Waits for it.
     *
     * @param endNanos when it is abandoned, by {@link System#nanoTime}
     * @return empty if it was abandoned
     */
    public Optional<T> await(long endNanos) throws InterruptedException {
        try {
            return Optional.of(task.get(Math.max(0, endNanos - System.nanoTime()), TimeUnit.NANOSECONDS));
        } catch (TimeoutException e) {
            return Optional.empty();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case RuntimeException problem -> throw problem;
                case Error problem -> throw problem;
                case null, default -> throw new IllegalStateException(e.getCause());
            }
        } finally {
            if (!task.isDone()) {
                thread.interrupt();
                thread.join(TO_STOP);
            }
        }
    }
}
