// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.tidemark.catalog.Encoding;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.backup.BundleWriter;
import org.tidemark.catalog.backup.Frame;
import org.tidemark.catalog.backup.Frame.Encoder.EncodedFrame;
import org.tidemark.catalog.backup.Frame.Encoder.PlainPart;
import org.tidemark.catalog.backup.Frame.FramePart;
import org.tidemark.catalog.layout.BackupKeys;

/**
 * Compresses frames with several threads, puts them into bundles in the order in which they came, and stores each full
 * bundle while the next one is filled. Used by one thread.
 */
final class BundlePipeline implements AutoCloseable {
    private final Frame.Encoder encoder;
    private final BackupKeys keys;
    private final Encoding encoding;
    private final Path directory;
    private final ManifestRecorder ledger;
    private final PageFindings findings;
    private final RoomCheck room;
    private final BundleUploads uploads;
    private final ExecutorService compressors;
    private final int maxPending;
    private final ArrayDeque<PendingFrame> pending = new ArrayDeque<>();
    private final ArrayDeque<byte[]> buffers = new ArrayDeque<>();
    private final List<BundleRef> bundles = new ArrayList<>();
    private Optional<BundleWriter> open = Optional.empty();

    /** Throws if there is no room for one more bundle. */
    @FunctionalInterface
    interface RoomCheck {
        void require() throws IOException;
    }

    /** A part of a frame, and the file that waits for its place. */
    record FilePart(IncomingFile file, PlainPart part) {}

    @SuppressWarnings("ArrayRecordComponent") // Waits in a queue, never compared.
    private record PendingFrame(byte[] data, List<FilePart> parts, Future<EncodedFrame> encoded) {}

    BundlePipeline(
            BackupKeys keys,
            BackupOptions options,
            Path directory,
            ClaimedObjects objects,
            ManifestRecorder ledger,
            PageFindings findings,
            RoomCheck room,
            Runnable waiting) {
        this.keys = keys;
        this.encoding = options.encoding();
        this.encoder = new Frame.Encoder(encoding.codec());
        this.directory = directory;
        this.ledger = ledger;
        this.findings = findings;
        this.room = room;
        this.uploads = new BundleUploads(objects, options.bundlesInFlight(), waiting);
        this.maxPending = 2 * options.jobs();
        this.compressors = Executors.newFixedThreadPool(
                options.jobs(), Thread.ofPlatform().name("compress-", 0).factory());
    }

    /** Room for the data of one frame; {@link #add} takes it back. */
    byte[] newBuffer() {
        byte[] buffer = buffers.poll();
        return buffer == null ? new byte[Frame.MAX_DATA_BYTES] : buffer;
    }

    /** @param data from {@link #newBuffer}, not to be touched any more */
    void add(byte[] data, int size, List<FilePart> parts) throws IOException {
        if (pending.size() == maxPending) {
            placeNext();
        }
        List<PlainPart> plain = parts.stream().map(FilePart::part).toList();
        pending.add(new PendingFrame(data, parts, compressors.submit(() -> {
            findings.check(data, plain);
            return encoder.encode(data, size, plain);
        })));
    }

    private void placeNext() throws IOException {
        PendingFrame next = pending.remove();
        EncodedFrame encoded = BackgroundWork.of(next.encoded());
        if (open.isEmpty()) {
            int number = bundles.size() + 1;
            room.require();
            open = Optional.of(new BundleWriter(file(number), keys, number, encoding));
        }
        BundleWriter writer = open.get();
        int bundle = bundles.size() + 1;
        int frame = writer.add(encoded);
        for (int i = 0; i < next.parts().size(); i++) {
            FramePart part = encoded.parts().get(i);
            IncomingFile file = next.parts().get(i).file();
            file.place(bundle, frame, next.parts().get(i).part().offset(), part);
            ledger.add(file);
        }
        buffers.add(next.data());
        if (writer.isFull()) {
            finishBundle(writer);
        }
    }

    private void finishBundle(BundleWriter writer) throws IOException {
        int number = bundles.size() + 1;
        BundleRef bundle = new BundleRef(number, keys.id(), number, writer.finish(), writer.dataSizeBytes());
        open = Optional.empty();
        bundles.add(bundle);
        uploads.submit(keys.bundle(number), file(number), bundle.object(), bundle.live());
    }

    /** Stores everything that was added; on return it is durable. */
    List<BundleRef> finish() throws IOException {
        while (!pending.isEmpty()) {
            placeNext();
        }
        if (open.isPresent()) {
            finishBundle(open.get());
        }
        uploads.finish();
        return List.copyOf(bundles);
    }

    /** How much of PostgreSQL's files the store has taken. */
    long storedDataBytes() {
        return uploads.storedDataBytes();
    }

    private Path file(int number) {
        return directory.resolve("bundle-" + number);
    }

    @Override
    public void close() throws IOException {
        try (uploads) {
            compressors.shutdownNow();
            compressors.close();
            if (open.isPresent()) {
                open.get().close();
            }
        }
    }
}
