// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.bundle;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.tidemark.backup.archiving.ArchivingTest;
import org.tidemark.backup.archiving.BackgroundWork;
import org.tidemark.backup.bundle.ChangedPages.PageData;
import org.tidemark.backup.bundle.FrameReader.Unwritten;
import org.tidemark.backup.parent.ParentFrames;
import org.tidemark.backup.request.BackupOptions;
import org.tidemark.backup.source.FileSink.FileContent;
import org.tidemark.backup.source.UnsureIncrementException;
import org.tidemark.backup.target.EarlierAttempts;
import org.tidemark.backup.target.Receivers;
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
import org.tidemark.core.HostFiles.OpenFile;

/**
 * Compresses frames with several threads, puts them into bundles in the order in which they came, and stores each full
 * bundle while the next one is filled. Each frame is compressed once and goes into a bundle of every variant. Bundles
 * are held in memory only. Used by one thread.
 */
final class BundlePipeline implements AutoCloseable {
    /** Of one of so many files that nobody has written a MiB is compared: of each within some months of nights. */
    private static final int DOUBTED = 64;

    /** But of no more than so many in one backup: a fault that one file in 200 has is found nevertheless. */
    private static final int MOST_DOUBTED = 1_000;

    private final Frame.Encoder encoder;
    /** What the backup may refer to: only one with a single variant has a parent. */
    private final Optional<ParentFrames> parent;

    /** The same without a parent. */
    private final Optional<EarlierAttempts> earlier;

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
    private final ChangedPages pages;
    /** Bundles with a lower number are of other backups. */
    private final int firstOwn;

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
     * @param kept what the parent has
     * @param found what an earlier attempt has stored
     */
    private record FilledFrame(
            FrameData content, List<EncodedFrame> encoded, List<KeptPart> kept, List<FoundPart> found) {}

    /** A part of a file that an earlier attempt has stored. */
    private record FoundPart(IncomingFile file, Piece piece) {}

    /**
     * A part of a file of which the parent has something.
     *
     * @param checksums that it has now; empty if it was not read as a whole
     * @param changed the pages that are to be stored
     */
    record KeptPart(IncomingFile file, Range part, Optional<PieceChecksums> checksums, PageData changed) {}

    @SuppressWarnings("ArrayRecordComponent") // Waits in a queue, never compared.
    private record PendingFrame(byte[] data, byte[] stored, Future<FilledFrame> filled) {}

    /** The bundles of one variant. */
    private static final class VariantBundles {
        private final BackupVariant variant;
        private final BundleUploads uploads;
        private Optional<BundleWriter> open = Optional.empty();

        VariantBundles(BackupVariant variant, BundleUploads uploads) {
            this.variant = variant;
            this.uploads = uploads;
        }
    }

    BundlePipeline(
            List<BackupVariant> variants,
            int pageSize,
            Receivers receivers,
            ArchivingTest archiving,
            BackupOptions options,
            ManifestRecorder recorder,
            RoomCheck room,
            Runnable progress) {
        this.encoder = new Frame.Encoder(
                variants.getFirst().encoding().codec(), variants.getFirst().fingerprintKey(), pageSize);
        this.pages = new ChangedPages(pageSize);
        this.parent = variants.getFirst().parent();
        this.earlier = variants.getFirst().earlier();
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
        this.number = parent.map(ParentFrames::lastBundle)
                .or(() -> earlier.map(EarlierAttempts::lastBundle))
                .orElse(0);
        this.firstOwn = number + 1;
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
        // A frame of changed pages may have been added to it meanwhile.
        while (pending.size() >= maxPending) {
            placeNext();
        }
        byte[] stored = newStoredBuffer();
        pending.add(new PendingFrame(data, stored, compressors.submit(() -> fill(content, data, stored))));
    }

    /** Parts of which the parent has something, with the pages that are to be stored: after what was added before. */
    void add(List<KeptPart> kept) throws IOException {
        FilledFrame frame =
                new FilledFrame(new FrameData(0, List.of(), List.of()), List.of(), List.copyOf(kept), List.of());
        while (pending.size() >= maxPending) {
            placeNext();
        }
        pending.add(new PendingFrame(newBuffer(), newStoredBuffer(), CompletableFuture.completedFuture(frame)));
    }

    private byte[] newStoredBuffer() {
        byte[] idle = storedBuffers.poll();
        return idle == null ? Frame.Encoder.newBuffer() : idle;
    }

    private FilledFrame fill(FrameContent content, byte[] data, byte[] stored) throws IOException {
        FrameData read = content.fill(data);
        List<KeptPart> kept = new ArrayList<>();
        List<FoundPart> found = new ArrayList<>();
        boolean refers = parent.isPresent() || earlier.isPresent();
        FrameData frame = refers ? without(read, data, part -> isThere(part, data, kept, found)) : read;
        return new FilledFrame(frame, encode(frame, data, stored), kept, found);
    }

    /** Whether a part is in the parent or an earlier attempt: then it is added to one of the lists. */
    private boolean isThere(FilePart part, byte[] data, List<KeptPart> kept, List<FoundPart> found) throws IOException {
        if (parent.isPresent()) {
            Optional<KeptPart> compared = compare(parent.get(), part, data);
            compared.ifPresent(kept::add);
            return compared.isPresent();
        }
        if (earlier.isPresent() && part.part().placement() instanceof Range range) {
            PlainPart plain = part.part();
            PieceChecksums checksums = PieceChecksums.of(encoder.key(), data, plain.offset(), plain.size());
            Optional<Piece> piece = earlier.get().find(plain.path(), range, checksums);
            piece.ifPresent(each -> found.add(new FoundPart(part.file(), each)));
            return piece.isPresent();
        }
        return false;
    }

    /** Says whether a part of a frame need not be stored. */
    @FunctionalInterface
    private interface PartRule {
        boolean test(FilePart part) throws IOException;
    }

    private List<EncodedFrame> encode(FrameData frame, byte[] data, byte[] stored) throws IOException {
        List<PlainPart> plain = frame.parts().stream().map(FilePart::part).toList();
        if (plain.isEmpty()) {
            return List.of();
        }
        EncodedFrame first = encoder.encode(data, frame.size(), plain, stored);
        List<EncodedFrame> encoded = new ArrayList<>(variants.size());
        for (VariantBundles each : variants) {
            FingerprintKey key = each.variant.fingerprintKey();
            encoded.add(key.equals(encoder.key()) ? first : first.withKey(key, data));
        }
        return encoded;
    }

    /** The parts that are to be stored, moved together in the data of the frame. */
    private static FrameData without(FrameData read, byte[] data, PartRule isThere) throws IOException {
        List<FilePart> left = new ArrayList<>();
        int size = 0;
        for (FilePart each : read.parts()) {
            if (!isThere.test(each)) {
                PlainPart part = each.part();
                if (part.offset() != size) {
                    System.arraycopy(data, part.offset(), data, size, part.size());
                }
                left.add(new FilePart(each.file(), new PlainPart(part.path(), part.placement(), size)));
                size += part.size();
            }
        }
        return new FrameData(size, left, read.empty());
    }

    /** Empty if the part is to be stored whole. */
    private Optional<KeptPart> compare(ParentFrames parent, FilePart each, byte[] data) throws IOException {
        PlainPart part = each.part();
        if (!(part.placement() instanceof Range range)) {
            return Optional.empty();
        }
        PieceChecksums checksums = PieceChecksums.of(encoder.key(), data, part.offset(), part.size());
        Optional<BitSet> changed = parent.changed(part.path(), range, checksums, data, part.offset());
        return changed.map(pages -> new KeptPart(
                each.file(),
                range,
                Optional.of(checksums),
                PageData.of(pages, encoder.pageSize(), data, part.offset(), range.at())));
    }

    /**
     * Refers to a file without reading it, if nobody has written it since the parent was taken. Of a few of these files
     * a part is read and compared nevertheless.
     *
     * @return whether it need not be read
     * @throws UnsureIncrementException if that part differs, and nobody has written the file meanwhile either
     */
    boolean keepUnread(IncomingFile file, FileContent content, Unwritten rule) throws IOException {
        Optional<List<FramePart>> unwritten = parent.flatMap(frames -> rule.parts(frames, file));
        if (parent.isEmpty() || unwritten.isEmpty() || !isAsBelieved(parent.get(), unwritten.get(), content)) {
            return false;
        }
        for (FramePart each : unwritten.get()) {
            file.keep((Range) each.placement(), Optional.of(each.checksums()), new BitSet());
        }
        placedBytes += file.size();
        keptBytes += file.size();
        recorder.add(file);
        progress.run();
        return true;
    }

    private boolean isAsBelieved(ParentFrames parent, List<FramePart> parts, FileContent content) throws IOException {
        String path = parts.getFirst().path();
        int chance = spread(path.hashCode() ^ parent.parent().id().hashCode());
        if (Integer.remainderUnsigned(chance, Math.max(DOUBTED, parent.fileCount() / MOST_DOUBTED)) != 0) {
            return true;
        }
        FramePart part = parts.get(Integer.remainderUnsigned(spread(chance), parts.size()));
        Optional<OpenFile> opened = content.open();
        if (opened.isEmpty()) {
            return false;
        }
        byte[] data = new byte[part.size()];
        try (OpenFile open = opened.get()) {
            int read = open.read(((Range) part.placement()).at(), data, 0, data.length);
            if (read == data.length
                    && PieceChecksums.of(encoder.key(), data, 0, read).equals(part.checksums())) {
                return true;
            }
        }
        if (content.isAsSeen()) {
            throw UnsureIncrementException.ofTimes(path, parent.parent().id().value());
        }
        return false;
    }

    /** Neighbouring names have neighbouring hashes: after this, every bit depends on all. */
    private static int spread(int hash) {
        int mixed = (hash ^ hash >>> 16) * 0x9E3779B1;
        return mixed ^ mixed >>> 16;
    }

    /** Waits until every frame so far is in a bundle, but for changed pages. */
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
        for (FoundPart each : filled.found()) {
            refer(each);
        }
        for (IncomingFile file : filled.content().empty()) {
            recorder.add(file);
        }
        buffers.add(next.data());
        storedBuffers.add(next.stored());
        progress.run();
    }

    /** Refers to what an earlier attempt has stored. */
    private void refer(FoundPart found) throws IOException {
        Piece piece = found.piece();
        found.file().place(0, piece);
        found.file().placed(new FramePart(found.file().path(), piece.placement(), piece.checksums()));
        placedBytes += piece.size();
        keptBytes += piece.size();
        recorder.add(found.file());
    }

    /** Refers to what the parent has, and collects what has changed. */
    private void keep(KeptPart kept) throws IOException {
        PageData changed = kept.changed();
        if (!changed.pages().isEmpty()) {
            if (!pages.hasRoomFor(changed)) {
                addPages();
            }
            pages.add(kept.file(), changed);
        }
        kept.file().keep(kept.part(), kept.checksums(), changed.pages());
        placedBytes += kept.part().sizeBytes() - changed.data().length;
        keptBytes += kept.part().sizeBytes() - changed.data().length;
        recorder.add(kept.file());
    }

    /** Stores the pages so far: their frame is not compared with the parent. */
    private void addPages() {
        byte[] data = newBuffer();
        byte[] stored = newStoredBuffer();
        FrameData frame = pages.drainTo(data);
        pending.add(new PendingFrame(
                data,
                stored,
                compressors.submit(() -> new FilledFrame(frame, encode(frame, data, stored), List.of(), List.of()))));
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
        if (!pages.isEmpty()) {
            addPages();
            placeAll();
        }
        submit();
        List<List<BundleRef>> bundles = new ArrayList<>();
        for (int variant = 0; variant < variants.size(); variant++) {
            VariantBundles each = variants.get(variant);
            bundles.add(all(recorder.live(variant), each.uploads.finish()));
        }
        receivers.requireOne();
        return bundles;
    }

    /** The bundles of others that are still of use, and those of the backup itself; their numbers rise. */
    private List<BundleRef> all(SortedMap<Integer, Long> live, List<BundleRef> own) {
        List<BundleRef> all = new ArrayList<>();
        live.headMap(firstOwn).forEach((bundle, bytes) -> {
            BundleRef other = parent.map(each -> each.bundle(bundle))
                    .orElseGet(() -> earlier.orElseThrow().bundle(bundle));
            all.add(new BundleRef(bundle, other.id(), other.number(), other.object(), bytes));
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
