// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.tidemark.catalog.backup.StoredObject;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;

/** Stores bundles in the background, {@value #MAX_IN_FLIGHT} at a time. Used by one thread. */
final class BundleUploads implements AutoCloseable {
    private static final int MAX_IN_FLIGHT = 2;

    private final OwnObjects objects;
    private final ExecutorService threads = Executors.newFixedThreadPool(
            MAX_IN_FLIGHT, Thread.ofPlatform().name("upload-", 0).factory());
    private final ArrayDeque<Future<?>> inFlight = new ArrayDeque<>();

    BundleUploads(OwnObjects objects) {
        this.objects = objects;
    }

    /**
     * Waits for a free place, then stores {@code file} and removes it. Throws the failure of an earlier one as soon as
     * it is known.
     */
    void submit(ObjectKey key, Path file, StoredObject content) throws IOException {
        takeDone();
        if (inFlight.size() == MAX_IN_FLIGHT) {
            Outcome.of(inFlight.remove());
        }
        inFlight.add(threads.submit(() -> {
            objects.put(key, ObjectSource.of(file, content.sizeBytes()), content);
            Files.delete(file);
            return key;
        }));
    }

    private void takeDone() throws IOException {
        for (Iterator<Future<?>> each = inFlight.iterator(); each.hasNext(); ) {
            Future<?> upload = each.next();
            if (upload.isDone()) {
                each.remove();
                Outcome.of(upload);
            }
        }
    }

    /** On return everything is durable. */
    void finish() throws IOException {
        while (!inFlight.isEmpty()) {
            Outcome.of(inFlight.remove());
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
        threads.close();
    }
}
