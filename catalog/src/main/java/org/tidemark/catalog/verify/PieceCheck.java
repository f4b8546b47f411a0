// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.verify;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.tidemark.catalog.backup.BundleReader;
import org.tidemark.catalog.backup.Frame.FramePart;
import org.tidemark.catalog.backup.ManifestEntry.FileEntry;
import org.tidemark.catalog.backup.Piece;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.store.ObjectKey;

/**
 * Compares the entries of some files in a manifest with the indexes of the bundles: each piece must be where the
 * manifest says, as long as it says, with the same checksums. It holds {@value #MAX_PIECES} pieces at most, and those
 * of one file more; then it reads each index that they need once. Not thread-safe.
 */
final class PieceCheck {
    static final int MAX_PIECES = 100_000;

    private final Bundles bundles;
    private final int most;
    private final Map<Integer, List<Wanted>> wanted = new TreeMap<>();
    private int pieces;

    /** Gives the bundles of a backup. */
    @FunctionalInterface
    interface Bundles {
        /**
         * Reads the index of a bundle; empty if it cannot be used, which is known by then.
         *
         * @param bundle as the manifest counts them
         * @param file that names it, for messages
         * @throws DamagedObjectException if the backup has no such bundle
         */
        Optional<BundleReader> open(int bundle, FileOfManifest file) throws IOException;
    }

    /**
     * Who names a piece.
     *
     * @param part the manifest part in which the file stands
     */
    record FileOfManifest(ObjectKey part, String path) {
        DamagedObjectException damage(String problem) {
            return new DamagedObjectException(part, "its entry for '" + path + "' " + problem);
        }
    }

    PieceCheck(Bundles bundles) {
        this(bundles, MAX_PIECES);
    }

    /** @param most how many pieces are held before they are compared */
    PieceCheck(Bundles bundles, int most) {
        this.bundles = bundles;
        this.most = most;
    }

    /**
     * Takes a file in; compares all that was taken in, when it is enough.
     *
     * @throws DamagedObjectException at the first difference
     */
    void add(ObjectKey part, FileEntry entry) throws IOException {
        FileOfManifest file = new FileOfManifest(part, entry.path());
        for (Piece piece : entry.pieces()) {
            wanted.computeIfAbsent(piece.bundle(), any -> new ArrayList<>()).add(new Wanted(file, piece));
        }
        pieces += entry.pieces().size();
        if (pieces >= most) {
            compare();
        }
    }

    /**
     * Compares what was taken in.
     *
     * @throws DamagedObjectException at the first difference
     */
    void compare() throws IOException {
        for (Map.Entry<Integer, List<Wanted>> each : wanted.entrySet()) {
            FileOfManifest first = each.getValue().getFirst().file();
            Optional<BundleReader> bundle = bundles.open(each.getKey(), first);
            if (bundle.isPresent()) {
                compare(bundle.get(), each.getValue());
            }
        }
        wanted.clear();
        pieces = 0;
    }

    private static void compare(BundleReader bundle, List<Wanted> pieces) throws DamagedObjectException {
        pieces.sort(null);
        int frame = -1;
        int part = 0;
        int partOffset = 0;
        for (Wanted each : pieces) {
            Piece piece = each.piece();
            int found = bundle.frameAt(piece.start());
            if (found < 0 || bundle.frames().get(found).length() != piece.length()) {
                throw each.misplaced();
            }
            if (found != frame) {
                frame = found;
                part = 0;
                partOffset = 0;
            }
            List<FramePart> parts = bundle.frames().get(frame).parts();
            while (part < parts.size() && partOffset < piece.offset()) {
                partOffset += parts.get(part).size();
                part++;
            }
            if (part == parts.size()
                    || partOffset != piece.offset()
                    || parts.get(part).size() != piece.size()) {
                throw each.misplaced();
            }
            if (!parts.get(part).placement().equals(piece.placement())) {
                throw each.file()
                        .damage("says that the bytes " + each.where()
                                + " are others of the file than the index of the bundle says");
            }
            if (!parts.get(part).checksums().equals(piece.checksums())) {
                throw each.file()
                        .damage("has other checksums for " + each.where() + " than the index of the bundle has");
            }
        }
    }

    /** A piece of a file, in the order in which they are in a bundle. */
    private record Wanted(FileOfManifest file, Piece piece) implements Comparable<Wanted> {
        @Override
        public int compareTo(Wanted other) {
            int byFrame = Long.compare(piece.start(), other.piece.start());
            return byFrame != 0 ? byFrame : Integer.compare(piece.offset(), other.piece.offset());
        }

        DamagedObjectException misplaced() {
            return file.damage(
                    "says that " + piece.size() + " of its bytes are " + where() + ", but the bundle's index does not");
        }

        private String where() {
            return "at byte " + piece.offset() + " of the frame at byte " + piece.start() + " in bundle "
                    + piece.bundle();
        }
    }
}
