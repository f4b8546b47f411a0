// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.parent;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.tidemark.backup.request.ReferenceAge;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.backup.Frame;
import org.tidemark.catalog.backup.Piece;
import org.tidemark.catalog.backup.PieceTable;
import org.tidemark.catalog.backup.Placement;

/**
 * Pieces that a child of the backup stores again, since so little is used of where they are, or since that is too old:
 * a restore reads a frame whole, and a bundle is kept whole as long as a byte of it is needed. Immutable.
 *
 * @param pieces their numbers
 * @param files the numbers of the files that have one
 */
record SparsePieces(BitSet pieces, BitSet files) {
    /** A piece of single pages of which less than this part is written. */
    private static final int LEAST_WRITTEN = 2;

    /** A bundle of which less than this part of the stored bytes is used. */
    private static final int LEAST_USED = 3;

    /** One backup stores at most this part of its data again, or so many bytes. */
    private static final int MOST_AGAIN = 50;

    private static final long MOST_AGAIN_BYTES = 32L << 20;

    /**
     * Chooses all such pieces of single pages, of the bundles those of which the least is used, and whatever is too
     * old.
     *
     * @param dataBytes of all files
     */
    static SparsePieces of(Iterable<BundleRef> bundles, PieceTable pieces, long dataBytes, ReferenceAge age) {
        Map<Integer, Long> used = usedBytes(pieces);
        long left = Math.max(MOST_AGAIN_BYTES, dataBytes / MOST_AGAIN);
        List<BundleRef> sparse = new ArrayList<>();
        Set<Integer> chosen = new HashSet<>();
        for (BundleRef each : bundles) {
            if (age.isTooOld(each.id(), each.number())) {
                chosen.add(each.bundle());
            } else if (used.getOrDefault(each.bundle(), 0L) * LEAST_USED
                    < each.object().sizeBytes()) {
                sparse.add(each);
            }
        }
        sparse.sort(Comparator.comparingLong(BundleRef::live));
        for (BundleRef each : sparse) {
            left -= each.live();
            if (left < 0) {
                break;
            }
            chosen.add(each.bundle());
        }
        BitSet again = new BitSet();
        BitSet files = new BitSet();
        for (int piece = 0; piece < pieces.size(); piece++) {
            if (chosen.contains(pieces.bundle(piece)) || (pieces.at(piece) < 0 && isSparse(pieces.piece(piece)))) {
                again.set(piece);
                files.set(pieces.file(piece));
            }
        }
        return new SparsePieces(again, files);
    }

    private static boolean isSparse(Piece piece) {
        return piece.placement() instanceof Placement.Pages && piece.writtenBytes() * LEAST_WRITTEN < piece.size();
    }

    /** The stored bytes of the frames of each bundle that have a piece of the backup. */
    private static Map<Integer, Long> usedBytes(PieceTable pieces) {
        Map<Integer, Long> used = new HashMap<>();
        // Only small pieces share a frame with others.
        long[] shared = IntStream.range(0, pieces.size())
                .filter(piece -> pieces.size(piece) < Frame.MAX_DATA_BYTES)
                .mapToLong(piece -> frame(pieces, piece))
                .sorted()
                .distinct()
                .toArray();
        BitSet counted = new BitSet();
        for (int piece = 0; piece < pieces.size(); piece++) {
            int place =
                    pieces.size(piece) < Frame.MAX_DATA_BYTES ? Arrays.binarySearch(shared, frame(pieces, piece)) : -1;
            if (place < 0 || !counted.get(place)) {
                used.merge(pieces.bundle(piece), (long) pieces.length(piece), Long::sum);
            }
            if (place >= 0) {
                counted.set(place);
            }
        }
        return used;
    }

    /** One number for a frame: no bundle has 2^32 bytes. */
    private static long frame(PieceTable pieces, int piece) {
        return (long) pieces.bundle(piece) << Integer.SIZE | pieces.start(piece);
    }

    boolean contains(int piece) {
        return pieces.get(piece);
    }
}
