// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.tidemark.catalog.backup.BlockPool;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.backup.BundleWriter;
import org.tidemark.catalog.backup.FingerprintKey;
import org.tidemark.catalog.backup.Frame;
import org.tidemark.catalog.backup.Frame.Encoder.EncodedFrame;
import org.tidemark.catalog.backup.Frame.Encoder.PlainPart;
import org.tidemark.catalog.backup.Frame.FramePart;
import org.tidemark.catalog.backup.Piece;
import org.tidemark.catalog.backup.PieceChecksums;
import org.tidemark.catalog.backup.Placement.Range;

/**
 * Compresses frames with several threads, puts them into bundles in the order in which they came, and stores each full
 * bundle while the next one is filled. Each frame is compressed once and goes into a bundle of every variant. Bundles
 * are held in memory only. Used by one thread.
 */
final class BundlePipeline implements AutoCloseable {
    private final Frame.Encoder encoder;
    private final List<VariantBundles> variants;
    private final Receivers receivers;
    private final ArchivingTest archiving;
    private final BackupMemory memory;
    private final ManifestRecorder recorder;
    private final Runnable progress;
    private final RoomCheck room;
    private final ExecutorService compressors;
    private final int maxPending;
    private final ArrayDeque<PendingFrame> pending = new ArrayDeque<>();
    private final ArrayDeque<byte[]> buffers = new ArrayDeque<>();
    private final ArrayDeque<byte[]> storedBuffers = new ArrayDeque<>();
    private final BlockPool pool = new BlockPool();
    /** The number of the bundle that is being filled, or was filled last. */
    private int number;

    private long placedBytes;
    private long keptBytes;

    /** Throws if there is no room for the temporary files; called at the start of each bundle. */
    @FunctionalInterface
    interface RoomCheck {
        void require() throws IOException;
    }

    /** A part of a frame, and the file that it belongs to. */
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

    /**
     * A frame after its thread is done.
     *
     * @param content what is stored of it
     * @param encoded for each variant, by its key; none if nothing is stored
     * @param kept what the parents have
     */
    private record FilledFrame(FrameData content, List<EncodedFrame> encoded, List<KeptPart> kept) {}

    /**
     * A part of a file that has not changed since the parents of all variants.
     *
     * @param pieces of each variant's parent
     */
    private record KeptPart(IncomingFile file, FramePart part, List<Piece> pieces) {}

    @SuppressWarnings("ArrayRecordComponent") // Waits in a queue, never compared.
    private record PendingFrame(byte[] data, byte[] stored, Future<FilledFrame> filled) {}

    /** The bundles of one variant. */
    private static final class VariantBundles {
        private final BackupVariant variant;
        private final BundleUploads uploads;
        private Optional<BundleWriter> open = Optional.empty();
        /** How much of the data in each bundle of the parent this backup uses. */
        private final SortedMap<Integer, Long> live = new TreeMap<>();

        VariantBundles(BackupVariant variant, BundleUploads uploads) {
            this.variant = variant;
            this.uploads = uploads;
        }
    }

    BundlePipeline(
            List<BackupVariant> variants,
            Receivers receivers,
            ArchivingTest archiving,
            BackupOptions options,
            ManifestRecorder recorder,
            RoomCheck room,
            Runnable progress) {
        this.encoder = new Frame.Encoder(
                variants.getFirst().encoding().codec(), variants.getFirst().fingerprintKey());
        this.receivers = receivers;
        this.archiving = archiving;
        this.recorder = recorder;
        this.progress = progress;
        this.room = room;
        this.memory = new BackupMemory(options.bundleSizeBytes(), options.bundlesInFlight(), options.jobs())
                .within(Runtime.getRuntime().maxMemory(), variants.size());
        this.variants = variants.stream()
                .map(each -> new VariantBundles(each, new BundleUploads(each, receivers, memory.inFlight(), progress)))
                .toList();
        this.number = variants.stream()
                .flatMap(each -> each.parent().stream())
                .mapToInt(ParentFrames::lastBundle)
                .max()
                .orElse(0);
        this.maxPending = BackupMemory.FRAMES_PER_JOB * memory.jobs();
        this.compressors = Executors.newFixedThreadPool(
                memory.jobs(), Thread.ofPlatform().name("compress-", 0).factory());
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
        FrameData read = content.fill(data);
        List<KeptPart> kept = new ArrayList<>();
        FrameData frame = isIncremental() ? withoutKept(read, data, kept) : read;
        List<PlainPart> plain = frame.parts().stream().map(FilePart::part).toList();
        if (plain.isEmpty()) {
            return new FilledFrame(frame, List.of(), kept);
        }
        EncodedFrame first = encoder.encode(data, frame.size(), plain, stored);
        List<EncodedFrame> encoded = new ArrayList<>(variants.size());
        for (VariantBundles each : variants) {
            FingerprintKey key = each.variant.fingerprintKey();
            encoded.add(key.equals(encoder.key()) ? first : first.withKey(key, data));
        }
        return new FilledFrame(frame, encoded, kept);
    }

    private boolean isIncremental() {
        return variants.stream().allMatch(each -> each.variant.parent().isPresent());
    }

    /** What has changed, moved together in the data of the frame. */
    private FrameData withoutKept(FrameData read, byte[] data, List<KeptPart> kept) {
        List<FilePart> changed = new ArrayList<>();
        int size = 0;
        for (FilePart each : read.parts()) {
            Optional<KeptPart> known = known(each, data);
            if (known.isPresent()) {
                kept.add(known.get());
            } else {
                PlainPart part = each.part();
                System.arraycopy(data, part.offset(), data, size, part.size());
                changed.add(new FilePart(each.file(), new PlainPart(part.path(), part.placement(), size)));
                size += part.size();
            }
        }
        return new FrameData(size, changed, read.empty());
    }

    private Optional<KeptPart> known(FilePart each, byte[] data) {
        PlainPart part = each.part();
        if (!(part.placement() instanceof Range range)) {
            return Optional.empty();
        }
        List<Piece> pieces = new ArrayList<>();
        PieceChecksums checksums = PieceChecksums.of(encoder.key(), data, part.offset(), part.size());
        for (VariantBundles variant : variants) {
            FingerprintKey key = variant.variant.fingerprintKey();
            Optional<Piece> found = variant.variant
                    .parent()
                    .orElseThrow()
                    .find(
                            part.path(),
                            range,
                            key.equals(encoder.key())
                                    ? checksums
                                    : PieceChecksums.of(key, data, part.offset(), part.size()));
            if (found.isEmpty()) {
                return Optional.empty();
            }
            pieces.add(found.get());
        }
        return Optional.of(new KeptPart(each.file(), new FramePart(part.path(), range, checksums), pieces));
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
        if (!filled.encoded().isEmpty()) {
            place(filled.content().parts(), filled.encoded());
        }
        for (KeptPart each : filled.kept()) {
            keep(each);
        }
        for (IncomingFile file : filled.content().empty()) {
            recorder.add(file);
        }
        buffers.add(next.data());
        storedBuffers.add(next.stored());
        progress.run();
    }

    /** Refers to what the parents have. */
    private void keep(KeptPart kept) throws IOException {
        for (int variant = 0; variant < variants.size(); variant++) {
            Piece piece = kept.pieces().get(variant);
            kept.file().place(variant, piece);
            variants.get(variant).live.merge(piece.bundle(), (long) piece.size(), Long::sum);
        }
        kept.file().placed(kept.part());
        placedBytes += kept.part().size();
        keptBytes += kept.part().size();
        recorder.add(kept.file());
    }

    private void place(List<FilePart> parts, List<EncodedFrame> encoded) throws IOException {
        List<VariantBundles> live =
                variants.stream().filter(each -> each.variant.isLive()).toList();
        if (live.isEmpty()) {
            receivers.requireOne();
        }
        if (live.getFirst().open.isEmpty()) {
            room.require();
            number++;
            for (VariantBundles each : live) {
                each.open = Optional.of(new BundleWriter(
                        each.variant.keys(), number, each.variant.encoding(), memory.bundleSizeBytes(), pool));
            }
        }
        for (int variant = 0; variant < variants.size(); variant++) {
            if (live.contains(variants.get(variant))) {
                place(parts, variant, encoded.get(variant));
            }
        }
        for (int i = 0; i < parts.size(); i++) {
            IncomingFile file = parts.get(i).file();
            FramePart part = encoded.getFirst().parts().get(i);
            file.placed(part);
            placedBytes += part.size();
            recorder.add(file);
        }
        if (live.getFirst().open.orElseThrow().isFull()) {
            submit();
        }
    }

    /** Puts a frame into the open bundle of a variant, at its own place there. */
    private void place(List<FilePart> parts, int variant, EncodedFrame encoded) {
        Frame frame = variants.get(variant).open.orElseThrow().add(encoded);
        for (int i = 0; i < parts.size(); i++) {
            FramePart part = frame.parts().get(i);
            parts.get(i)
                    .file()
                    .place(
                            variant,
                            new Piece(
                                    number,
                                    frame.offset(),
                                    frame.length(),
                                    parts.get(i).part().offset(),
                                    part.placement(),
                                    part.checksums(),
                                    Optional.empty()));
        }
    }

    private void submit() throws IOException {
        archiving.await();
        receivers.requireOne();
        for (VariantBundles each : variants) {
            if (each.open.isPresent()) {
                BundleWriter full = each.open.get();
                each.open = Optional.empty();
                each.uploads.submit(number, full);
            }
        }
        receivers.requireOne();
    }

    /**
     * Stores everything that was added; on return it is durable in each repository that has not failed.
     *
     * @return the bundles of each variant, in the order of the variants
     */
    List<List<BundleRef>> finish() throws IOException {
        placeAll();
        submit();
        List<List<BundleRef>> bundles = new ArrayList<>();
        for (VariantBundles each : variants) {
            bundles.add(all(each, each.uploads.finish()));
        }
        receivers.requireOne();
        return bundles;
    }

    /** The bundles of the parent that are still of use, and those of the backup itself; their numbers rise. */
    private static List<BundleRef> all(VariantBundles of, List<BundleRef> own) {
        List<BundleRef> all = new ArrayList<>();
        of.live.forEach((number, live) -> {
            BundleRef parents = of.variant.parent().orElseThrow().bundle(number);
            all.add(new BundleRef(number, parents.id(), parents.number(), parents.object(), live));
        });
        all.addAll(own);
        return all;
    }

    /** How many bytes of PostgreSQL's files are in bundles, stored or not. */
    long placedDataBytes() {
        return placedBytes;
    }

    /** How many bytes of PostgreSQL's files are in every store that has not failed. */
    long storedDataBytes() {
        return keptBytes
                + variants.stream()
                        .filter(each -> each.variant.isLive())
                        .mapToLong(each -> each.uploads.storedDataBytes())
                        .min()
                        .orElse(0);
    }

    @Override
    public void close() {
        try {
            compressors.shutdownNow();
            compressors.close();
        } finally {
            variants.forEach(each -> each.uploads.close());
        }
    }
}
