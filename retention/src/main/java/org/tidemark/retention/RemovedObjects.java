// SPDX-License-Identifier: Apache-2.0
package org.tidemark.retention;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.retention.Expirer.Progress;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStore;

/** Deletes objects a batch at a time, and counts them. Not thread-safe. */
final class RemovedObjects {
    /** What S3 takes in one request. */
    private static final int BATCH = 1_000;

    private final ObjectStore store;
    private final Progress progress;
    private final List<ObjectKey> batch = new ArrayList<>();
    private long batchBytes;
    private long objects;
    private long bytes;

    RemovedObjects(ObjectStore store, Progress progress) {
        this.store = store;
        this.progress = progress;
    }

    /** Deletes an object, now or with those that follow. */
    void add(ObjectInfo object) throws IOException {
        batch.add(object.key());
        batchBytes += object.sizeBytes();
        if (batch.size() == BATCH) {
            flush();
        }
    }

    /** Returns when everything that was added is deleted. */
    void flush() throws IOException {
        if (Thread.currentThread().isInterrupted()) {
            throw new UserFacingException(
                    ExitCode.INTERRUPTED, "the removal was stopped", "Run it again: it goes on where it stopped.");
        }
        if (batch.isEmpty()) {
            return;
        }
        store.delete(List.copyOf(batch));
        objects += batch.size();
        bytes += batchBytes;
        batch.clear();
        batchBytes = 0;
        progress.removed(objects, bytes);
    }

    long objects() {
        return objects;
    }

    long bytes() {
        return bytes;
    }
}
