// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.io.IOException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;

/**
 * Does work in several threads, of which none outlives {@link #close}. After the first failure no more is begun, and
 * work in progress at the close is interrupted. Used by one thread; if that one is interrupted while it waits, it gets
 * a {@link UserFacingException} with {@link ExitCode#INTERRUPTED}, and stays interrupted.
 */
public final class Workers implements AutoCloseable {
    /** Pieces of work that wait for each thread: enough that no thread is idle, few enough to bound the memory. */
    private static final int WAITING_PER_THREAD = 2;

    private final String name;
    private final ExecutorService threads;
    private final int most;
    private final Semaphore room;
    private final FirstFailure failure = new FirstFailure();

    /**
     * Starts a thread for each piece of work, up to {@code count}.
     *
     * @param name what the work is, such as {@code restore}: for messages, and of the threads before their numbers
     */
    public Workers(String name, int count) {
        this.name = name;
        threads = Executors.newFixedThreadPool(
                count, Thread.ofPlatform().name(name + "-", 1).factory());
        most = count * (1 + WAITING_PER_THREAD);
        room = new Semaphore(most);
    }

    /** Hands work to a thread, and waits while all of them have enough; throws what an earlier piece threw. */
    public void submit(IoAction work) throws IOException {
        acquire(1);
        failure.throwIfNoted();
        threads.execute(() -> {
            try {
                if (!failure.isNoted()) {
                    work.run();
                }
            } catch (Throwable e) {
                failure.note(e);
            } finally {
                room.release();
            }
        });
    }

    /** Waits until everything that was handed over is done. */
    public void await() throws IOException {
        acquire(most);
        room.release(most);
        failure.throwIfNoted();
    }

    private void acquire(int places) {
        try {
            room.acquire(places);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UserFacingException(
                    ExitCode.INTERRUPTED, name + " was interrupted", "Run it again: it continues.", e);
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
        threads.close();
    }
}
