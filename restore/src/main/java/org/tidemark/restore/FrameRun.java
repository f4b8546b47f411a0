// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.tidemark.catalog.DamagedObjectException;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BundleReader;
import org.tidemark.catalog.backup.BundleRef;

/**
 * Neighbouring frames of a bundle that are fetched with one request. Immutable.
 *
 * @param bundle the copy by whose index the run was made
 * @param pieces of the bundle, sorted
 * @param frames each with its pieces, in order
 */
record FrameRun(BundleCopies copies, BundleReader bundle, PieceList pieces, List<NeededFrame> frames) {
    /** One request fetches about this much, or less if the frames end; a failure repeats no more than that. */
    static final long MOST_BYTES = 8L << 20;

    /** A frame, and which pieces of it are needed: from {@code firstPiece} up to without {@code endPiece}. */
    record NeededFrame(int frame, int firstPiece, int endPiece) {}

    FrameRun {
        frames = List.copyOf(frames);
    }

    static List<FrameRun> of(BundleCopies copies, PieceList pieces) throws IOException {
        BundleReader bundle = copies.any();
        List<FrameRun> runs = new ArrayList<>();
        List<NeededFrame> run = new ArrayList<>();
        long bytes = 0;
        int piece = 0;
        while (piece < pieces.size()) {
            long start = pieces.start(piece);
            int frame = bundle.frameAt(start);
            if (frame < 0 || bundle.frames().get(frame).length() != pieces.length(piece)) {
                throw new DamagedObjectException(
                        bundle.key(), "it lacks the frame at byte " + start + ", which the manifest names");
            }
            int end = piece + 1;
            while (end < pieces.size() && pieces.start(end) == start) {
                end++;
            }
            boolean neighbour = run.isEmpty() || run.getLast().frame() + 1 == frame;
            if (!neighbour || bytes >= MOST_BYTES) {
                runs.add(new FrameRun(copies, bundle, pieces, run));
                run = new ArrayList<>();
                bytes = 0;
            }
            run.add(new NeededFrame(frame, piece, end));
            bytes += bundle.frames().get(frame).length();
            piece = end;
        }
        if (!run.isEmpty()) {
            runs.add(new FrameRun(copies, bundle, pieces, run));
        }
        return runs;
    }

    /** The same run cut where {@code wanted} leaves frames out. */
    List<FrameRun> only(Predicate<NeededFrame> wanted) {
        List<FrameRun> runs = new ArrayList<>();
        List<NeededFrame> run = new ArrayList<>();
        for (NeededFrame frame : frames) {
            if (wanted.test(frame)) {
                run.add(frame);
            } else if (!run.isEmpty()) {
                runs.add(new FrameRun(copies, bundle, pieces, run));
                run = new ArrayList<>();
            }
        }
        if (!run.isEmpty()) {
            runs.add(new FrameRun(copies, bundle, pieces, run));
        }
        return runs;
    }

    /** A bundle in each repository that holds it; all copies have the same frames. Thread-safe. */
    static final class BundleCopies {
        private final BackupSources sources;
        private final BaseBackup backup;
        private final BundleRef bundle;
        private final Map<BackupCatalog, BundleReader> readers = new ConcurrentHashMap<>();

        BundleCopies(BackupSources sources, BaseBackup backup, BundleRef bundle) {
            this.sources = sources;
            this.backup = backup;
            this.bundle = bundle;
        }

        /** Does something with one copy. */
        interface Reading {
            void from(BundleReader bundle) throws IOException;
        }

        /** A copy whose index is intact. */
        BundleReader any() throws IOException {
            return sources.read(this::open);
        }

        /** Reads from one copy after the other, until one does not fail. */
        void read(Reading reading) throws IOException {
            sources.read(catalog -> {
                reading.from(open(catalog));
                return true;
            });
        }

        private BundleReader open(BackupCatalog catalog) throws IOException {
            BundleReader known = readers.get(catalog);
            if (known == null) {
                known = catalog.bundle(backup, bundle);
                readers.put(catalog, known);
            }
            return known;
        }
    }
}
