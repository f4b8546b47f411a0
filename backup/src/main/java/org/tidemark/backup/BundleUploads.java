// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.backup.BundleWriter;
import org.tidemark.catalog.backup.BundleWriter.FinishedBundle;
import org.tidemark.catalog.layout.BackupKeys;
import org.tidemark.core.BlockInputStream;
import org.tidemark.store.ObjectSource;

/**
 * Finishes and stores bundles in the background, several at the same time, and counts what the store has taken. A
 * bundle is in memory until it is stored. Used by one thread.
 */
final class BundleUploads implements AutoCloseable {
    private static final Duration TICK = Duration.ofMillis(200);

    private final BackupKeys keys;
    private final ClaimedObjects objects;
    private final Runnable waiting;
    private final int maxInFlight;
    private final ExecutorService threads;
    private final ArrayDeque<Upload> inFlight = new ArrayDeque<>();
    private final List<BundleRef> stored = new ArrayList<>();
    private long storedDataBytes;

    private record Upload(Transfer transfer, Future<BundleRef> end) {}

    /**
     * @param maxInFlight how many are stored at the same time
     * @param waiting called now and then while an upload is waited for
     */
    BundleUploads(BackupKeys keys, ClaimedObjects objects, int maxInFlight, Runnable waiting) {
        this.keys = keys;
        this.objects = objects;
        this.maxInFlight = maxInFlight;
        this.waiting = waiting;
        this.threads = Executors.newFixedThreadPool(
                maxInFlight, Thread.ofPlatform().name("upload-", 0).factory());
    }

    /** How much of a bundle the store has taken. */
    private static final class Transfer {
        private final long dataBytes;
        private volatile double taken;

        Transfer(long dataBytes) {
            this.dataBytes = dataBytes;
        }

        /** The part of the bundle's data, estimated from the part of its stored bytes. */
        long takenDataBytes() {
            return (long) (dataBytes * taken);
        }

        ObjectSource count(ObjectSource source) {
            return new ObjectSource() {
                @Override
                public long sizeBytes() {
                    return source.sizeBytes();
                }

                @Override
                public InputStream inspect() throws IOException {
                    return source.inspect();
                }

                // Each try of the store begins from the start again.
                @Override
                public InputStream open() throws IOException {
                    taken = 0;
                    return new BlockInputStream.Filter(source.open()) {
                        private long read;

                        @Override
                        public int read(byte[] bytes, int offset, int length) throws IOException {
                            int count = super.read(bytes, offset, length);
                            read += Math.max(count, 0);
                            taken = (double) read / source.sizeBytes();
                            return count;
                        }
                    };
                }
            };
        }
    }

    /** Waits for a free place, then stores a bundle. Throws the failure of an earlier one as soon as it is known. */
    void submit(int number, BundleWriter bundle) throws IOException {
        takeDone();
        if (inFlight.size() == maxInFlight) {
            await(inFlight.element());
        }
        Transfer transfer = new Transfer(bundle.dataSizeBytes());
        inFlight.add(new Upload(transfer, threads.submit(() -> {
            try (FinishedBundle finished = bundle.finish()) {
                objects.put(keys.bundle(number), transfer.count(finished.source()), finished.object());
                return new BundleRef(number, keys.id(), number, finished.object(), transfer.dataBytes);
            }
        })));
    }

    private void await(Upload upload) throws IOException {
        try {
            stored.add(BackgroundWork.of(upload.end(), TICK, waiting));
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

    /** On return everything is durable; the bundles are in the order of their numbers. */
    List<BundleRef> finish() throws IOException {
        while (!inFlight.isEmpty()) {
            await(inFlight.element());
        }
        return stored.stream()
                .sorted(Comparator.comparingInt(BundleRef::number))
                .toList();
    }

    @Override
    public void close() {
        threads.shutdownNow();
        threads.close();
    }
}
