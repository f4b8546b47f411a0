// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.verify;

import java.io.IOException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.tidemark.catalog.DamagedObjectException;
import org.tidemark.catalog.Sha256;
import org.tidemark.catalog.backup.BundleReader;
import org.tidemark.catalog.backup.Frame.FramePart;
import org.tidemark.catalog.backup.ManifestEntry.FileEntry;
import org.tidemark.catalog.backup.ManifestEntry.Piece;
import org.tidemark.store.ObjectKey;

/**
 * Compares the entries of some files in a manifest with the indexes of the bundles: each piece must lie where the
 * manifest says, as long as it says, and the digests of a file's pieces must give the digest of the file. A restore
 * demands the same. It holds {@value #MAX_PIECES} pieces or files at most, and one file more; then it reads each index
 * that they need once. Not thread-safe.
 */
final class PieceCheck {
    static final int MAX_PIECES = 100_000;

    private static final int DIGEST_BYTES = 32;

    private final Bundles bundles;
    private final int most;
    private final List<Waiting> waiting = new ArrayList<>();
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

    /** @param most how many pieces or files are held before they are compared */
    PieceCheck(Bundles bundles, int most) {
        this.bundles = bundles;
        this.most = most;
    }

    /** Takes a file in; compares all that was taken in, when it is enough. */
    void add(ObjectKey part, FileEntry entry) throws IOException {
        FileOfManifest file = new FileOfManifest(part, entry.path());
        byte[] digests = new byte[Math.multiplyExact(entry.pieces().size(), DIGEST_BYTES)];
        Waiting each = new Waiting(file, entry.sha256(), digests);
        waiting.add(each);
        for (int number = 0; number < entry.pieces().size(); number++) {
            Piece piece = entry.pieces().get(number);
            wanted.computeIfAbsent(piece.bundle(), any -> new ArrayList<>()).add(new Wanted(each, number, piece));
        }
        pieces += entry.pieces().size();
        if (pieces >= most || waiting.size() >= most) {
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
            FileOfManifest first = each.getValue().getFirst().file().file();
            Optional<BundleReader> bundle = bundles.open(each.getKey(), first);
            if (bundle.isPresent()) {
                compare(bundle.get(), each.getKey(), each.getValue());
            } else {
                each.getValue().forEach(piece -> piece.file().incomplete = true);
            }
        }
        for (Waiting file : waiting) {
            file.checkDigest();
        }
        waiting.clear();
        wanted.clear();
        pieces = 0;
    }

    private static void compare(BundleReader bundle, int number, List<Wanted> pieces) throws IOException {
        pieces.sort(null);
        int frame = -1;
        int part = 0;
        int partOffset = 0;
        for (Wanted each : pieces) {
            Piece piece = each.piece();
            if (piece.frame() >= bundle.frames().size()) {
                throw each.misplaced(number);
            }
            if (piece.frame() != frame) {
                frame = piece.frame();
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
                throw each.misplaced(number);
            }
            each.file().put(each.number(), parts.get(part).sha256());
        }
    }

    /** A piece of a file, in the order in which they lie in a bundle. */
    private record Wanted(Waiting file, int number, Piece piece) implements Comparable<Wanted> {
        @Override
        public int compareTo(Wanted other) {
            int byFrame = Integer.compare(piece.frame(), other.piece.frame());
            return byFrame != 0 ? byFrame : Integer.compare(piece.offset(), other.piece.offset());
        }

        DamagedObjectException misplaced(int bundle) {
            return file.file()
                    .damage("says that " + piece.size() + " of its bytes are at byte " + piece.offset() + " of frame "
                            + piece.frame() + " in bundle " + bundle + ", but the bundle's index does not");
        }
    }

    /** A file, and the digests of its pieces as they are found. Not thread-safe. */
    private static final class Waiting {
        private final FileOfManifest file;
        private final Sha256 expected;
        private final byte[] digests;
        private boolean incomplete;

        Waiting(FileOfManifest file, Sha256 expected, byte[] digests) {
            this.file = file;
            this.expected = expected;
            this.digests = digests;
        }

        FileOfManifest file() {
            return file;
        }

        void put(int number, Sha256 digest) {
            System.arraycopy(HexFormat.of().parseHex(digest.hex()), 0, digests, number * DIGEST_BYTES, DIGEST_BYTES);
        }

        /** The digest of a file is that of its pieces' digests, one after the other. */
        void checkDigest() throws DamagedObjectException {
            MessageDigest digest = Sha256.newDigest();
            digest.update(digests);
            if (!incomplete && !Sha256.finish(digest).equals(expected)) {
                throw file.damage("has a digest that does not match its pieces in the bundles");
            }
        }
    }
}
