// SPDX-License-Identifier: Apache-2.0
package org.tidemark.session;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.tidemark.catalog.Repository;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.Amounts;
import org.tidemark.store.StorageException.StorageUnavailable;

/**
 * Opens a repository in a directory within a time limit. Stores on the network have limits of their own; the kernel has
 * none for a network file system whose server is gone, and lets go of no thread that waits for it. Such a thread ends
 * with the process. Immutable.
 */
record TimedOpening(Duration limit) {
    /** As long as the attempts of a store on the network take that accepts connections and never answers. */
    static final TimedOpening OF_COMMANDS = new TimedOpening(Duration.ofMinutes(1));

    private static final String IN_A_DIRECTORY = "file";

    /**
     * Opens it.
     *
     * @throws StorageUnavailable if it did not answer in time, or the calling thread was interrupted
     */
    Repository open(RepositorySettings settings, Callable<Repository> opening) throws IOException {
        FutureTask<Repository> task = new FutureTask<>(opening);
        if (IN_A_DIRECTORY.equals(settings.url().getScheme())) {
            Thread.ofPlatform().daemon().name("opening").start(task);
        } else {
            task.run();
        }
        try {
            return task.get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new StorageUnavailable(
                    settings.url() + " did not answer within " + Amounts.duration(limit),
                    "Find out in the kernel's log whether a disk or a network file system hangs: dmesg",
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StorageUnavailable("interrupted while " + settings.url() + " was opened", e);
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case IOException problem -> throw problem;
                case RuntimeException problem -> throw problem;
                case Error problem -> throw problem;
                case null, default -> throw new IllegalStateException(e.getCause());
            }
        } finally {
            task.cancel(true);
        }
    }
}
