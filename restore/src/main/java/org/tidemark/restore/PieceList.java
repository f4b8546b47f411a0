// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.tidemark.catalog.backup.ManifestEntry.Piece;

/**
 * The pieces that one bundle holds, in columns of numbers: a terabyte has a million of them. Filled by one thread, then
 * sorted, then only read.
 */
final class PieceList {
    private static final int FIRST_CAPACITY = 16;

    private int size;
    private int[] frames = new int[FIRST_CAPACITY];
    private int[] offsets = new int[FIRST_CAPACITY];
    private int[] sizes = new int[FIRST_CAPACITY];
    private long[] positions = new long[FIRST_CAPACITY];
    private int[] files = new int[FIRST_CAPACITY];
    private int[] numbers = new int[FIRST_CAPACITY];

    /**
     * Adds a piece.
     *
     * @param file the place of its file in the list of files
     * @param number of the piece in its file, from 0
     */
    void add(Piece piece, int file, int number) {
        if (size == frames.length) {
            grow();
        }
        frames[size] = piece.frame();
        offsets[size] = piece.offset();
        sizes[size] = piece.size();
        positions[size] = piece.at();
        files[size] = file;
        numbers[size] = number;
        size++;
    }

    private void grow() {
        int capacity = Math.multiplyExact(size, 2);
        frames = Arrays.copyOf(frames, capacity);
        offsets = Arrays.copyOf(offsets, capacity);
        sizes = Arrays.copyOf(sizes, capacity);
        positions = Arrays.copyOf(positions, capacity);
        files = Arrays.copyOf(files, capacity);
        numbers = Arrays.copyOf(numbers, capacity);
    }

    /** The same pieces in the order in which they lie in the bundle. */
    PieceList sorted() {
        int[] order = IntStream.range(0, size)
                .boxed()
                .sorted((a, b) -> frames[a] != frames[b]
                        ? Integer.compare(frames[a], frames[b])
                        : Integer.compare(offsets[a], offsets[b]))
                .mapToInt(Integer::intValue)
                .toArray();
        PieceList sorted = new PieceList();
        sorted.size = size;
        sorted.frames = pick(frames, order);
        sorted.offsets = pick(offsets, order);
        sorted.sizes = pick(sizes, order);
        sorted.files = pick(files, order);
        sorted.numbers = pick(numbers, order);
        sorted.positions = IntStream.of(order).mapToLong(i -> positions[i]).toArray();
        return sorted;
    }

    private static int[] pick(int[] from, int[] order) {
        return IntStream.of(order).map(i -> from[i]).toArray();
    }

    int size() {
        return size;
    }

    int frame(int piece) {
        return frames[piece];
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

    int number(int piece) {
        return numbers[piece];
    }
}
