// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.io.IOException;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.IntPredicate;
import org.tidemark.catalog.backup.BundleFrames.FrameBuffer;
import org.tidemark.catalog.backup.FileTable;
import org.tidemark.catalog.backup.FingerprintKey;
import org.tidemark.catalog.backup.PieceTable;
import org.tidemark.catalog.backup.Placement.Stretch;
import org.tidemark.image.BackupFrames;
import org.tidemark.image.FrameRun;
import org.tidemark.restore.RestoreExecutor.RestoreCounters;
import org.tidemark.restore.plan.StartFrom;
import org.tidemark.restore.target.PiecesInPlace;
import org.tidemark.restore.target.TargetFiles;

/** Writes the pieces of runs of frames to their places. Thread-safe. */
final class FrameRestore {
    private final BackupFrames source;
    private final FileTable files;
    private final DeferredFile held;
    private final TargetFiles target;
    private final StartFrom start;
    private final RestoreCounters counters;
    private final PiecesInPlace present;
    /** As many as the threads. */
    private final Queue<FrameBuffer> idle = new ConcurrentLinkedQueue<>();

    FrameRestore(
            BackupFrames source,
            FileTable files,
            PieceTable pieces,
            DeferredFile held,
            TargetFiles target,
            StartFrom start,
            FingerprintKey key,
            RestoreCounters counters) {
        this.source = source;
        this.files = files;
        this.held = held;
        this.target = target;
        this.start = start;
        this.present = new PiecesInPlace(files, pieces, key, target::read);
        this.counters = counters;
    }

    /** @param run neighbouring frames of the bundle */
    void restore(FrameRun run) throws IOException {
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
            source.read(part, buffer, (from, to, data) -> place(part, from, to, isMissing, data));
        }
        idle.add(buffer);
    }

    private void place(FrameRun run, int from, int to, IntPredicate isMissing, byte[] data) throws IOException {
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
                held.put(written, data, pieces.offset(piece));
                files.placed(file);
            } else {
                target.place(file, written, data, pieces.offset(piece));
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
