// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.sync;

import java.io.IOException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;

/** Copies several objects at a time; a store that fails ends all of it. Used by one thread. */
final class TransferPool implements AutoCloseable {
    private final int places;
    private final Semaphore free;
    private final ExecutorService threads;
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

    TransferPool(int jobs) {
        this.places = 2 * jobs;
        this.free = new Semaphore(places);
        this.threads = Executors.newFixedThreadPool(
                jobs, Thread.ofPlatform().name("sync-", 0).factory());
    }

    /** Copies or compares one object. */
    interface Work {
        void run() throws IOException;
    }

    /** Waits for a free place. */
    void submit(Work work) throws IOException {
        acquire(1);
        throwFailure();
        threads.execute(() -> {
            try {
                work.run();
            } catch (IOException | RuntimeException | Error e) {
                failure.compareAndSet(null, e);
            } finally {
                free.release();
            }
        });
    }

    /** Waits for all that was submitted. */
    void finish() throws IOException {
        acquire(places);
        free.release(places);
        throwFailure();
    }

    private void acquire(int count) {
        try {
            free.acquire(count);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UserFacingException(
                    ExitCode.INTERRUPTED, "the copy was stopped", "Run it again: it goes on where it stopped.", e);
        }
    }

    private void throwFailure() throws IOException {
        switch (failure.get()) {
            case null -> {}
            case IOException e -> throw e;
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            case Throwable e -> throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
        threads.close();
    }
}
