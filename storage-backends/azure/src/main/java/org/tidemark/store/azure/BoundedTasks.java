// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;

/**
 * The parts of one operation, so many of them at once at most. The first that fails ends the others, and is what the
 * operation fails with. For one thread that starts them, and closes it.
 */
final class BoundedTasks implements AutoCloseable {
    private final int most;
    private final AzureErrors errors;
    private final Operation operation;
    private final String key;
    private final Semaphore slots;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

    /** @param key what is being worked on, for messages */
    BoundedTasks(int most, AzureErrors errors, Operation operation, String key) {
        this.most = most;
        this.errors = errors;
        this.operation = operation;
        this.key = key;
        this.slots = new Semaphore(most);
    }

    /** A part. */
    interface Task {
        void run() throws StorageException;
    }

    void start(Task task) throws StorageException {
        acquire(1);
        threads.execute(() -> {
            try {
                task.run();
            } catch (Throwable e) {
                // An error as well: a part that did not run to its end must not pass for one that did.
                failure.compareAndSet(null, e);
            } finally {
                slots.release();
            }
        });
    }

    /** Waits until all have ended well. */
    void join() throws StorageException {
        acquire(most);
        slots.release(most);
    }

    private void acquire(int permits) throws StorageException {
        try {
            slots.acquire(permits);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw errors.interrupted(operation, key);
        }
        Throwable failed = failure.get();
        if (failed != null) {
            slots.release(permits);
            throwAgain(failed);
        }
    }

    private static void throwAgain(Throwable failed) throws StorageException {
        switch (failed) {
            case StorageException e -> throw e;
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            default -> throw new IllegalStateException(failed);
        }
    }

    /** Interrupts what is still under way, and waits for its end. */
    @Override
    public void close() {
        threads.shutdownNow();
        threads.close();
    }
}
