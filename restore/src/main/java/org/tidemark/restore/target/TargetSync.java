// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.target;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.tidemark.core.FirstFailure;
import org.tidemark.core.IoAction;
import org.tidemark.core.LongWaits;
import org.tidemark.core.LongWaits.Wait;
import org.tidemark.restore.host.FileSystemSync;

/**
 * Makes restored files durable: all at once where the operating system can, else each when it is complete. Large ones
 * are brought to the disk while others are written, so that little is left to wait for at the end. Thread-safe.
 */
public final class TargetSync implements AutoCloseable {
    private static final int THREADS = 2;

    private final Optional<FileSystemSync> whole;
    private final ExecutorService threads = Executors.newFixedThreadPool(
            THREADS, Thread.ofPlatform().name("restore-sync-", 1).factory());
    private final Semaphore room = new Semaphore(THREADS);
    private final FirstFailure failure = new FirstFailure();

    /** @param whole of every file system that files are restored to; empty if there is no such thing */
    public TargetSync(Optional<FileSystemSync> whole) {
        this.whole = whole;
    }

    /** A file is as it shall stay. */
    void completed(FileChannel channel) throws IOException {
        if (whole.isEmpty()) {
            channel.force(true);
        }
    }

    /** Begins to bring a file to the disk; false if others take all the time already. */
    boolean begin(IoAction action) {
        if (!room.tryAcquire()) {
            return false;
        }
        threads.execute(() -> {
            try {
                action.run();
            } catch (Throwable e) {
                failure.note(e);
            } finally {
                room.release();
            }
        });
        return true;
    }

    /**
     * When this returns, all files that were completed are durable.
     *
     * @throws IOException if anything could not be written to the disk since this object was made
     */
    public void finish(TreePreparation directories) throws IOException {
        try (Wait _ = LongWaits.on("the disk that the files are restored to")) {
            await();
            if (whole.isPresent()) {
                whole.get().sync();
            } else {
                directories.sync();
            }
        }
    }

    private void await() throws IOException {
        room.acquireUninterruptibly(THREADS);
        room.release(THREADS);
        failure.throwIfNoted();
    }

    @Override
    public void close() throws IOException {
        threads.shutdown();
        boolean ended = false;
        while (!ended) {
            try {
                ended = threads.awaitTermination(1, TimeUnit.DAYS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                ended = true;
            }
        }
        if (whole.isPresent()) {
            whole.get().close();
        }
    }
}
