// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.tidemark.catalog.backup.StoredObject;
import org.tidemark.core.BlockInputStream;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;

/**
 * Stores bundles in the background, several at the same time, and counts what the store has taken. A bundle waits in a
 * file, so each costs the memory of network buffers only. Used by one thread.
 */
final class BundleUploads implements AutoCloseable {
    private static final Duration TICK = Duration.ofMillis(200);

    private final ClaimedObjects objects;
    private final Runnable waiting;
    private final int maxInFlight;
    private final ExecutorService threads;
    private final ArrayDeque<Upload> inFlight = new ArrayDeque<>();
    private long storedDataBytes;

    private record Upload(Transfer transfer, Future<?> end) {}

    /**
     * @param maxInFlight how many are stored at the same time
     * @param waiting called now and then while an upload is waited for
     */
    BundleUploads(ClaimedObjects objects, int maxInFlight, Runnable waiting) {
        this.objects = objects;
        this.maxInFlight = maxInFlight;
        this.waiting = waiting;
        this.threads = Executors.newFixedThreadPool(
                maxInFlight, Thread.ofPlatform().name("upload-", 0).factory());
    }

    /** A bundle, and how much of it the store has taken. */
    private static final class Transfer implements ObjectSource {
        private final Path file;
        private final StoredObject content;
        private final long dataBytes;
        private final AtomicLong taken = new AtomicLong();

        Transfer(Path file, StoredObject content, long dataBytes) {
            this.file = file;
            this.content = content;
            this.dataBytes = dataBytes;
        }

        /**
         * The part of the bundle's data that the store has taken, estimated from the stored bytes that it has taken.
         */
        long takenDataBytes() {
            return (long) (dataBytes * ((double) taken.get() / content.sizeBytes()));
        }

        @Override
        public long sizeBytes() {
            return content.sizeBytes();
        }

        @Override
        public InputStream inspect() throws IOException {
            return Files.newInputStream(file);
        }

        /** Each try of the store begins from the start again. */
        @Override
        public InputStream open() throws IOException {
            taken.set(0);
            return new BlockInputStream.Filter(Files.newInputStream(file)) {
                @Override
                public int read(byte[] bytes, int offset, int length) throws IOException {
                    int count = super.read(bytes, offset, length);
                    taken.addAndGet(Math.max(count, 0));
                    return count;
                }
            };
        }
    }

    /**
     * Waits for a free place, then stores {@code file} and removes it. Throws the failure of an earlier one as soon as
     * it is known.
     *
     * @param dataBytes how much of PostgreSQL's files is in it
     */
    void submit(ObjectKey key, Path file, StoredObject content, long dataBytes) throws IOException {
        takeDone();
        if (inFlight.size() == maxInFlight) {
            await(inFlight.element());
        }
        Transfer transfer = new Transfer(file, content, dataBytes);
        inFlight.add(new Upload(transfer, threads.submit(() -> {
            objects.put(key, transfer, content);
            Files.delete(file);
            return key;
        })));
    }

    private void await(Upload upload) throws IOException {
        try {
            BackgroundWork.of(upload.end(), TICK, waiting);
        } finally {
            inFlight.remove(upload);
        }
        storedDataBytes += upload.transfer().dataBytes;
    }

    /** How much of PostgreSQL's files the store has taken; less again where it begins a bundle from the start. */
    long storedDataBytes() {
        return storedDataBytes
                + inFlight.stream()
                        .mapToLong(upload -> upload.transfer().takenDataBytes())
                        .sum();
    }

    private void takeDone() throws IOException {
        for (Upload upload : List.copyOf(inFlight)) {
            if (upload.end().isDone()) {
                await(upload);
            }
        }
    }

    /** On return everything is durable. */
    void finish() throws IOException {
        while (!inFlight.isEmpty()) {
            await(inFlight.element());
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
        threads.close();
    }
}
