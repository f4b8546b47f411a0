// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.bundle;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.tidemark.backup.archiving.BackgroundWork;
import org.tidemark.backup.target.Receiver;
import org.tidemark.backup.target.Receivers;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.backup.BundleWriter;
import org.tidemark.catalog.backup.BundleWriter.FinishedBundle;
import org.tidemark.core.BlockInputStream;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.ObjectSource;

/**
 * Finishes and stores the bundles of one variant in the background: several bundles at the same time, each in all
 * repositories of the variant. Counts the bytes that these have stored. A bundle stays in memory until each of them has
 * it. Used by one thread.
 */
final class BundleUploads implements AutoCloseable {
    private static final Duration TICK = Duration.ofMillis(200);

    private final BackupVariant variant;
    private final Receivers all;
    private final Runnable waiting;
    private final int maxInFlight;
    private final ExecutorService threads;
    private final ArrayDeque<Upload> inFlight = new ArrayDeque<>();
    private final List<BundleRef> stored = new ArrayList<>();
    private long storedDataBytes;

    /**
     * @param all the repositories of this variant, and those of the others
     * @param maxInFlight how many bundles are stored at the same time
     * @param waiting called now and then while an upload is waited for
     */
    BundleUploads(BackupVariant variant, Receivers all, int maxInFlight, Runnable waiting) {
        this.variant = variant;
        this.all = all;
        this.maxInFlight = maxInFlight;
        this.waiting = waiting;
        this.threads = Executors.newFixedThreadPool(
                maxInFlight * variant.receivers().size(),
                Thread.ofPlatform().name("upload-", 0).factory());
    }

    /** One bundle on its way to all repositories of the variant. */
    private final class Upload {
        private final int number;
        private final BundleWriter bundle;
        private final long dataBytes;
        /** How many threads may read the bundle's memory. */
        private final AtomicInteger reading = new AtomicInteger();

        private final List<Transfer> transfers = new ArrayList<>();
        private @Nullable FinishedBundle finished;

        Upload(int number, BundleWriter bundle) {
            this.number = number;
            this.bundle = bundle;
            this.dataBytes = bundle.dataSizeBytes();
            for (Receiver receiver : variant.live()) {
                receiver.begins();
                TakenPart taken = new TakenPart();
                transfers.add(new Transfer(receiver, taken, threads.submit(() -> {
                    store(receiver, taken);
                    return true;
                })));
            }
        }

        private void store(Receiver receiver, TakenPart taken) throws IOException {
            reading.incrementAndGet();
            try {
                // Checked after counting: so a repository that was abandoned either does not read, or is counted.
                if (receiver.isLive()) {
                    store(finished(), receiver, taken);
                }
            } finally {
                reading.decrementAndGet();
                receiver.ended();
            }
        }

        private void store(FinishedBundle ready, Receiver receiver, TakenPart taken) {
            try {
                receiver.objects().put(variant.keys().bundle(number), taken.count(ready.source()), ready.object());
            } catch (IOException | UserFacingException e) {
                receiver.fail(e);
            }
        }

        /** Done by the first thread that needs it. */
        private synchronized FinishedBundle finished() throws IOException {
            if (finished == null) {
                finished = bundle.finish();
            }
            return finished;
        }

        BundleRef reference() throws IOException {
            return new BundleRef(number, variant.keys().id(), number, finished().object(), dataBytes);
        }

        /**
         * Returns the memory to the pool, unless a store that was abandoned still reads it: then nobody may use it
         * again.
         */
        void giveBack() throws IOException {
            if (reading.get() == 0) {
                finished().close();
            }
        }

        /** How much of its data the slowest repository has taken; estimated from the stored bytes. */
        long takenDataBytes() {
            double least = transfers.stream()
                    .filter(transfer -> transfer.receiver().isLive())
                    .mapToDouble(transfer -> transfer.taken().part)
                    .min()
                    .orElse(1);
            return (long) (dataBytes * least);
        }
    }

    /** A bundle on its way to one repository. */
    private record Transfer(Receiver receiver, TakenPart taken, Future<Boolean> end) {}

    /** The part of a bundle that a store has taken, from 0 to 1. */
    private static final class TakenPart {
        private volatile double part;

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

                // Each attempt of the store reads from the start.
                @Override
                public InputStream open() throws IOException {
                    part = 0;
                    return new BlockInputStream.Filter(source.open()) {
                        private long read;

                        @Override
                        public int read(byte[] bytes, int offset, int length) throws IOException {
                            int count = super.read(bytes, offset, length);
                            read += Math.max(count, 0);
                            part = (double) read / source.sizeBytes();
                            return count;
                        }
                    };
                }
            };
        }
    }

    /** Waits for a free place, then stores a bundle, unless every repository of the variant has failed. */
    void submit(int number, BundleWriter bundle) throws IOException {
        takeDone();
        if (inFlight.size() == maxInFlight) {
            await(inFlight.element());
        }
        if (variant.isLive()) {
            inFlight.add(new Upload(number, bundle));
        }
    }

    private void await(Upload upload) throws IOException {
        try {
            for (Transfer each : upload.transfers) {
                await(each);
            }
            if (variant.isLive()) {
                BundleRef reference = upload.reference();
                stored.add(reference);
                upload.giveBack();
                variant.earlier().ifPresent(each -> each.stored(reference, upload.bundle.frames()));
            }
        } finally {
            inFlight.remove(upload);
        }
        storedDataBytes += upload.dataBytes;
    }

    private void await(Transfer transfer) throws IOException {
        try {
            BackgroundWork.of(transfer.end(), TICK, () -> {
                waiting.run();
                all.waited(transfer.receiver(), TICK);
                if (!transfer.receiver().isLive()) {
                    transfer.end().cancel(true);
                }
            });
        } catch (CancellationException e) {
            // The repository has failed, or was left behind.
        }
    }

    /** How much of PostgreSQL's files the stores have taken; less than before if one begins a bundle again. */
    long storedDataBytes() {
        return storedDataBytes
                + inFlight.stream().mapToLong(Upload::takenDataBytes).sum();
    }

    private void takeDone() throws IOException {
        for (Upload upload : List.copyOf(inFlight)) {
            if (upload.transfers.stream().allMatch(each -> each.end().isDone())) {
                await(upload);
            }
        }
    }

    /**
     * On return everything is durable in each repository that has not failed; the bundles are in the order of their
     * numbers.
     */
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
