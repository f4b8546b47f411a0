// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.tidemark.catalog.Encoding;
import org.tidemark.catalog.backup.BlockPool;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.backup.BundleWriter;
import org.tidemark.catalog.backup.FingerprintKey;
import org.tidemark.catalog.backup.Frame;
import org.tidemark.catalog.backup.Frame.Encoder.EncodedFrame;
import org.tidemark.catalog.backup.Frame.Encoder.PlainPart;
import org.tidemark.catalog.backup.Frame.FramePart;
import org.tidemark.catalog.layout.BackupKeys;

/**
 * Compresses frames with several threads, puts them into bundles in the order in which they came, and stores each full
 * bundle while the next one is filled. Bundles are in memory alone. Used by one thread.
 */
final class BundlePipeline implements AutoCloseable {
    private final Frame.Encoder encoder;
    private final BackupKeys keys;
    private final Encoding encoding;
    private final BundleMemory memory;
    private final ManifestRecorder ledger;
    private final Runnable progress;
    private final RoomCheck room;
    private final BundleUploads uploads;
    private final ExecutorService compressors;
    private final int maxPending;
    private final ArrayDeque<PendingFrame> pending = new ArrayDeque<>();
    private final ArrayDeque<byte[]> buffers = new ArrayDeque<>();
    private final ArrayDeque<byte[]> storedBuffers = new ArrayDeque<>();
    private final BlockPool pool = new BlockPool();
    private Optional<BundleWriter> open = Optional.empty();
    /** Of the bundle that is filled, or was filled last. */
    private int number;

    private long placedBytes;

    /** Throws if there is no room for the temporary files; asked at each bundle. */
    @FunctionalInterface
    interface RoomCheck {
        void require() throws IOException;
    }

    /** A part of a frame, and the file that waits for its place. */
    record FilePart(IncomingFile file, PlainPart part) {}

    /**
     * The content of a frame.
     *
     * @param size of the data; 0 if every file is gone or empty
     * @param empty files that turned out to be empty
     */
    record FrameData(int size, List<FilePart> parts, List<IncomingFile> empty) {}

    /** Fills the data of a frame, on a thread that compresses. */
    @FunctionalInterface
    interface FrameContent {
        FrameData fill(byte[] data) throws IOException;
    }

    /** A frame after its thread is done; compressed unless it is empty. */
    private record FilledFrame(FrameData content, Optional<EncodedFrame> encoded) {}

    @SuppressWarnings("ArrayRecordComponent") // Waits in a queue, never compared.
    private record PendingFrame(byte[] data, byte[] stored, Future<FilledFrame> filled) {}

    BundlePipeline(
            BackupKeys keys,
            BackupOptions options,
            FingerprintKey fingerprintKey,
            ClaimedObjects objects,
            ManifestRecorder ledger,
            RoomCheck room,
            Runnable progress) {
        this.keys = keys;
        this.encoding = options.encoding();
        this.encoder = new Frame.Encoder(encoding.codec(), fingerprintKey);
        this.ledger = ledger;
        this.progress = progress;
        this.room = room;
        this.memory = new BundleMemory(options.bundleSizeBytes(), options.bundlesInFlight())
                .within(Runtime.getRuntime().maxMemory());
        this.uploads = new BundleUploads(keys, objects, memory.inFlight(), progress);
        this.maxPending = 2 * options.jobs();
        this.compressors = Executors.newFixedThreadPool(
                options.jobs(), Thread.ofPlatform().name("compress-", 0).factory());
    }

    /** Room for the data of one frame; {@link #add} takes it back. */
    byte[] newBuffer() {
        byte[] buffer = buffers.poll();
        return buffer == null ? new byte[Frame.MAX_DATA_BYTES] : buffer;
    }

    /** @param data from {@link #newBuffer}; only {@code content} may use it after this */
    void add(byte[] data, FrameContent content) throws IOException {
        if (pending.size() == maxPending) {
            placeNext();
        }
        byte[] idle = storedBuffers.poll();
        byte[] stored = idle == null ? Frame.Encoder.newBuffer() : idle;
        pending.add(new PendingFrame(data, stored, compressors.submit(() -> fill(content, data, stored))));
    }

    private FilledFrame fill(FrameContent content, byte[] data, byte[] stored) throws IOException {
        FrameData frame = content.fill(data);
        List<PlainPart> plain = frame.parts().stream().map(FilePart::part).toList();
        return new FilledFrame(
                frame,
                plain.isEmpty() ? Optional.empty() : Optional.of(encoder.encode(data, frame.size(), plain, stored)));
    }

    /** Waits until every frame so far is in a bundle. */
    void placeAll() throws IOException {
        while (!pending.isEmpty()) {
            placeNext();
        }
    }

    private void placeNext() throws IOException {
        PendingFrame next = pending.element();
        FilledFrame filled = BackgroundWork.of(next.filled());
        pending.remove();
        if (filled.encoded().isPresent()) {
            place(filled.content().parts(), filled.encoded().get());
        }
        for (IncomingFile file : filled.content().empty()) {
            ledger.add(file);
        }
        buffers.add(next.data());
        storedBuffers.add(next.stored());
        progress.run();
    }

    private void place(List<FilePart> parts, EncodedFrame encoded) throws IOException {
        if (open.isEmpty()) {
            room.require();
            number++;
            open = Optional.of(new BundleWriter(keys, number, encoding, memory.bundleSizeBytes(), pool));
        }
        BundleWriter writer = open.get();
        Frame frame = writer.add(encoded);
        for (int i = 0; i < parts.size(); i++) {
            IncomingFile file = parts.get(i).file();
            int offset = parts.get(i).part().offset();
            FramePart part = encoded.parts().get(i);
            file.place(number, frame, offset, part);
            placedBytes += part.size();
            ledger.add(file);
        }
        if (writer.isFull()) {
            submit(writer);
        }
    }

    private void submit(BundleWriter full) throws IOException {
        open = Optional.empty();
        uploads.submit(number, full);
    }

    /** Stores everything that was added; on return it is durable. */
    List<BundleRef> finish() throws IOException {
        placeAll();
        if (open.isPresent()) {
            submit(open.get());
        }
        return uploads.finish();
    }

    /** The bytes of PostgreSQL's files in bundles, stored or not. */
    long placedDataBytes() {
        return placedBytes;
    }

    /** How much of PostgreSQL's files the store has taken. */
    long storedDataBytes() {
        return uploads.storedDataBytes();
    }

    @Override
    public void close() {
        try (uploads) {
            compressors.shutdownNow();
            compressors.close();
        }
    }
}
