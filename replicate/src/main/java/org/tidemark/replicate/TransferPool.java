// SPDX-License-Identifier: Apache-2.0
package org.tidemark.replicate;

import java.io.IOException;
import org.tidemark.catalog.Workers;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;

/** Copies several objects at a time; a store that fails ends all of it. Used by one thread. */
final class TransferPool implements AutoCloseable {
    private final Workers workers;

    TransferPool(int jobs) {
        this.workers = new Workers("sync", jobs);
    }

    /** Copies or compares one object, as soon as there is a place. */
    void submit(Workers.Work work) throws IOException {
        try {
            workers.submit(work);
        } catch (InterruptedException e) {
            throw stopped(e);
        }
    }

    /** Waits for all that was submitted. */
    void finish() throws IOException {
        try {
            workers.await();
        } catch (InterruptedException e) {
            throw stopped(e);
        }
    }

    private static UserFacingException stopped(InterruptedException cause) {
        Thread.currentThread().interrupt();
        return new UserFacingException(
                ExitCode.INTERRUPTED, "the copy was stopped", "Run it again: it goes on where it stopped.", cause);
    }

    @Override
    public void close() {
        workers.close();
    }
}
