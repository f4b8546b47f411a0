// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.tidemark.catalog.backup.ManifestEntry.Piece;
import org.tidemark.catalog.backup.PieceChecksums;

/**
 * The pieces that one bundle holds, in columns of numbers: a terabyte has a million of them. Filled by one thread, then
 * sorted, then only read.
 */
final class PieceList {
    private static final int FIRST_CAPACITY = 16;

    private int size;
    private long[] starts = new long[FIRST_CAPACITY];
    private int[] lengths = new int[FIRST_CAPACITY];
    private int[] offsets = new int[FIRST_CAPACITY];
    private int[] sizes = new int[FIRST_CAPACITY];
    private long[] positions = new long[FIRST_CAPACITY];
    private int[] files = new int[FIRST_CAPACITY];
    private int[] crcs = new int[FIRST_CAPACITY];
    private long[] fingerprints = new long[FIRST_CAPACITY];

    /** @param file the place of its file in the list of files */
    void add(Piece piece, int file) {
        if (size == starts.length) {
            grow();
        }
        starts[size] = piece.start();
        lengths[size] = piece.length();
        offsets[size] = piece.offset();
        sizes[size] = piece.size();
        positions[size] = piece.at();
        files[size] = file;
        crcs[size] = piece.checksums().crc32c();
        fingerprints[size] = piece.checksums().fingerprint();
        size++;
    }

    private void grow() {
        int capacity = Math.multiplyExact(size, 2);
        starts = Arrays.copyOf(starts, capacity);
        lengths = Arrays.copyOf(lengths, capacity);
        offsets = Arrays.copyOf(offsets, capacity);
        sizes = Arrays.copyOf(sizes, capacity);
        positions = Arrays.copyOf(positions, capacity);
        files = Arrays.copyOf(files, capacity);
        crcs = Arrays.copyOf(crcs, capacity);
        fingerprints = Arrays.copyOf(fingerprints, capacity);
    }

    /** The same pieces in the order in which they lie in the bundle. */
    PieceList sorted() {
        int[] order = IntStream.range(0, size)
                .boxed()
                .sorted((a, b) -> starts[a] != starts[b]
                        ? Long.compare(starts[a], starts[b])
                        : Integer.compare(offsets[a], offsets[b]))
                .mapToInt(Integer::intValue)
                .toArray();
        PieceList sorted = new PieceList();
        sorted.size = size;
        sorted.starts = pick(starts, order);
        sorted.lengths = pick(lengths, order);
        sorted.offsets = pick(offsets, order);
        sorted.sizes = pick(sizes, order);
        sorted.files = pick(files, order);
        sorted.crcs = pick(crcs, order);
        sorted.fingerprints = pick(fingerprints, order);
        sorted.positions = pick(positions, order);
        return sorted;
    }

    private static int[] pick(int[] from, int[] order) {
        return IntStream.of(order).map(i -> from[i]).toArray();
    }

    private static long[] pick(long[] from, int[] order) {
        return IntStream.of(order).mapToLong(i -> from[i]).toArray();
    }

    int size() {
        return size;
    }

    /** Where its frame begins in the bundle. */
    long start(int piece) {
        return starts[piece];
    }

    /** The length of its frame's stored bytes. */
    int length(int piece) {
        return lengths[piece];
    }

    int offset(int piece) {
        return offsets[piece];
    }

    int size(int piece) {
        return sizes[piece];
    }

    long at(int piece) {
        return positions[piece];
    }

    int file(int piece) {
        return files[piece];
    }

    PieceChecksums checksums(int piece) {
        return new PieceChecksums(crcs[piece], fingerprints[piece]);
    }
}
