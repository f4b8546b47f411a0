// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.IntPredicate;
import org.tidemark.catalog.backup.BundleFrames;
import org.tidemark.catalog.backup.BundleFrames.FrameBuffer;
import org.tidemark.catalog.backup.FileTable;
import org.tidemark.catalog.backup.FingerprintKey;
import org.tidemark.catalog.backup.PieceTable;
import org.tidemark.catalog.backup.Placement.Stretch;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.restore.RestoreExecutor.RestoreCounters;

/** Writes the pieces of a run of frames to their places, after comparing each with its checksums. Thread-safe. */
final class FrameRestore {
    private final FileTable files;
    private final DeferredFile held;
    private final TargetFiles target;
    private final StartFrom start;
    private final Optional<FingerprintKey> key;
    private final RestoreCounters counters;
    private final PiecesInPlace present;
    /** As many as the threads. */
    private final Queue<FrameBuffer> idle = new ConcurrentLinkedQueue<>();

    FrameRestore(
            FileTable files,
            PieceTable pieces,
            DeferredFile held,
            TargetFiles target,
            StartFrom start,
            FingerprintKey key,
            RestoreCounters counters) {
        this.files = files;
        this.held = held;
        this.target = target;
        this.start = start;
        this.key = Optional.of(key);
        this.present = new PiecesInPlace(files, pieces, key, target::read);
        this.counters = counters;
    }

    /** @param run neighbouring frames of the bundle */
    void restore(BundleCopies copies, FrameRun run) throws IOException {
        FrameBuffer polled = idle.poll();
        FrameBuffer buffer = polled == null ? new FrameBuffer() : polled;
        boolean[] inPlace = new boolean[run.to() - run.from()];
        if (!start.isOfNothing()) {
            for (int place = run.from(); place < run.to(); place++) {
                int piece = run.order()[place];
                inPlace[place - run.from()] =
                        !held.is(run.pieces().file(piece)) && present.contains(piece, buffer.data());
            }
        }
        IntPredicate isMissing = place -> !inPlace[place - run.from()];
        for (int frame = run.from(); frame < run.to(); frame = run.endOfFrame(frame)) {
            if (!run.isAny(frame, isMissing)) {
                keep(run, frame);
            }
        }
        for (FrameRun part : run.only(frame -> run.isAny(frame, isMissing))) {
            fetch(copies, part, isMissing, buffer);
        }
        idle.add(buffer);
    }

    /** Reads from the first intact copy. Pieces that a copy gave before it failed are kept. */
    private void fetch(BundleCopies copies, FrameRun run, IntPredicate isMissing, FrameBuffer buffer)
            throws IOException {
        int[] next = {run.from()};
        copies.read(bundle -> {
            try (InputStream stored = bundle.open(run.start(next[0]), run.storedBytes(next[0]))) {
                while (next[0] < run.to()) {
                    int length = run.pieces().length(run.order()[next[0]]);
                    int size = bundle.readNext(stored, length, buffer);
                    int end = run.endOfFrame(next[0]);
                    check(run, next[0], end, bundle, buffer, size);
                    place(run, next[0], end, isMissing, buffer);
                    next[0] = end;
                }
            }
        });
    }

    /** All pieces of a frame, before the first of them is placed: another copy may be read for it. */
    private void check(FrameRun run, int from, int to, BundleFrames bundle, FrameBuffer buffer, int size)
            throws DamagedObjectException {
        PieceTable pieces = run.pieces();
        for (int i = from; i < to; i++) {
            int piece = run.order()[i];
            int offset = pieces.offset(piece);
            if (pieces.length(piece) != pieces.length(run.order()[from])
                    || offset + pieces.size(piece) > size
                    || !pieces.checksums(piece).match(key, buffer.data(), offset, pieces.size(piece))) {
                throw new DamagedObjectException(
                        bundle.key(),
                        "the frame at byte " + pieces.start(piece) + " does not hold the bytes of '"
                                + files.path(pieces.file(piece)) + "' from byte "
                                + pieces.written(piece).getFirst().at()
                                + " that the manifest describes");
            }
        }
    }

    private void place(FrameRun run, int from, int to, IntPredicate isMissing, FrameBuffer buffer) throws IOException {
        PieceTable pieces = run.pieces();
        long bytes = 0;
        long kept = 0;
        for (int i = from; i < to; i++) {
            int piece = run.order()[i];
            int file = pieces.file(piece);
            List<Stretch> written = pieces.written(piece);
            if (!isMissing.test(i)) {
                target.keep(file);
                kept += sizeBytes(written);
                continue;
            }
            if (held.is(file)) {
                held.put(written, buffer.data(), pieces.offset(piece));
                files.placed(file);
            } else {
                target.place(file, written, buffer.data(), pieces.offset(piece));
            }
            bytes += sizeBytes(written);
        }
        counters.frameRead(bytes, kept);
    }

    private static long sizeBytes(List<Stretch> written) {
        return written.stream().mapToLong(Stretch::sizeBytes).sum();
    }

    /** All pieces of a frame are in place. */
    private void keep(FrameRun run, int frame) throws IOException {
        long bytes = 0;
        for (int i = frame; i < run.endOfFrame(frame); i++) {
            target.keep(run.pieces().file(run.order()[i]));
            bytes += sizeBytes(run.pieces().written(run.order()[i]));
        }
        counters.frameKept(bytes);
    }
}
