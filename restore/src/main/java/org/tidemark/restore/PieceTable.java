// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.util.Arrays;
import org.tidemark.catalog.backup.ManifestEntry.Piece;
import org.tidemark.catalog.backup.PieceChecksums;

/**
 * The pieces of a backup, numbered from 0: ten terabytes have ten million of them, each 50 bytes here. Filled by one
 * thread, then only read.
 */
final class PieceTable {
    private final Columns.Ints files = new Columns.Ints();
    private final Columns.Ints bundles = new Columns.Ints();
    private final Columns.Longs starts = new Columns.Longs();
    private final Columns.Ints lengths = new Columns.Ints();
    private final Columns.Ints offsets = new Columns.Ints();
    private final Columns.Ints sizes = new Columns.Ints();
    private final Columns.Longs positions = new Columns.Longs();
    private final Columns.Ints crcs = new Columns.Ints();
    private final Columns.Longs fingerprints = new Columns.Longs();

    /** @param file its number in the {@link FileTable} */
    void add(Piece piece, int file) {
        files.add(file);
        bundles.add(piece.bundle());
        starts.add(piece.start());
        lengths.add(piece.length());
        offsets.add(piece.offset());
        sizes.add(piece.size());
        positions.add(piece.at());
        crcs.add(piece.checksums().crc32c());
        fingerprints.add(piece.checksums().fingerprint());
    }

    int size() {
        return files.size();
    }

    /** All pieces by bundle and, in a bundle, by the place of their frame. */
    int[] inStoredOrder() {
        long[] byBundle = new long[size()];
        for (int piece = 0; piece < byBundle.length; piece++) {
            byBundle[piece] = (long) bundles.get(piece) << Integer.SIZE | piece;
        }
        Arrays.sort(byBundle);
        int[] order = new int[byBundle.length];
        for (int from = 0, to; from < order.length; from = to) {
            long bundle = byBundle[from] >>> Integer.SIZE;
            to = from + 1;
            while (to < order.length && byBundle[to] >>> Integer.SIZE == bundle) {
                to++;
            }
            sortByStart(byBundle, from, to, order);
        }
        return order;
    }

    /** The order of the frames, and in a frame that of the manifest. */
    private void sortByStart(long[] byBundle, int from, int to, int[] order) {
        boolean sorted = true;
        for (int i = from; i < to; i++) {
            order[i] = (int) byBundle[i];
            sorted &= i == from || starts.get(order[i - 1]) <= starts.get(order[i]);
        }
        if (sorted) {
            return;
        }
        long[] distinct = new long[to - from];
        for (int i = from; i < to; i++) {
            distinct[i - from] = starts.get(order[i]);
        }
        Arrays.sort(distinct);
        long[] byRank = new long[to - from];
        for (int i = from; i < to; i++) {
            // Of equal numbers the search finds any, and always the same one.
            long rank = Arrays.binarySearch(distinct, starts.get(order[i]));
            byRank[i - from] = rank << Integer.SIZE | order[i];
        }
        Arrays.sort(byRank);
        for (int i = from; i < to; i++) {
            order[i] = (int) byRank[i - from];
        }
    }

    /** The number of its file in the {@link FileTable}. */
    int file(int piece) {
        return files.get(piece);
    }

    /** The number of its bundle in the manifest. */
    int bundle(int piece) {
        return bundles.get(piece);
    }

    /** Where its frame begins in the bundle. */
    long start(int piece) {
        return starts.get(piece);
    }

    /** The length of its frame's stored bytes. */
    int length(int piece) {
        return lengths.get(piece);
    }

    /** Where it begins in the frame's data. */
    int offset(int piece) {
        return offsets.get(piece);
    }

    /** In bytes. */
    int size(int piece) {
        return sizes.get(piece);
    }

    /** Where it belongs in the file. */
    long at(int piece) {
        return positions.get(piece);
    }

    PieceChecksums checksums(int piece) {
        return new PieceChecksums(crcs.get(piece), fingerprints.get(piece));
    }
}
