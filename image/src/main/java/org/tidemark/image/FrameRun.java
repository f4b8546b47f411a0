// SPDX-License-Identifier: Apache-2.0
package org.tidemark.image;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.tidemark.catalog.backup.PieceTable;
import org.tidemark.core.Sorted;

/**
 * Frames of a bundle, each with the pieces of it that are needed. Neighbours are fetched with one request. Immutable.
 *
 * @param order numbers of pieces in the order in which their frames are in the bundles; nobody changes it
 * @param from the place in {@code order} of the first piece
 * @param to the place after that of the last piece
 */
@SuppressWarnings("ArrayRecordComponent") // Shared by all runs, never compared.
public record FrameRun(PieceTable pieces, int[] order, int from, int to) {
    /** One request fetches about this much, or less if the frames end; a failure repeats no more than that. */
    static final long MOST_STORED_BYTES = 8L << 20;

    /** Data of one run, so that also what compresses well is divided among the threads. */
    static final long MOST_DATA_BYTES = 64L << 20;

    /** All frames that are needed, by bundle; a bundle may have others between them. */
    public static List<FrameRun> bundles(PieceTable pieces) {
        int[] order = pieces.inStoredOrder();
        List<FrameRun> bundles = new ArrayList<>();
        for (int from = 0, to; from < order.length; from = to) {
            int number = pieces.bundle(order[from]);
            to = from + 1;
            while (to < order.length && pieces.bundle(order[to]) == number) {
                to++;
            }
            bundles.add(new FrameRun(pieces, order, from, to));
        }
        return bundles;
    }

    /**
     * The frame that holds a piece.
     *
     * @param order as {@link PieceTable#inStoredOrder} gives it
     */
    static FrameRun ofFrame(PieceTable pieces, int[] order, int piece) {
        Comparator<Integer> byFrame =
                Comparator.<Integer>comparingInt(pieces::bundle).thenComparingLong(pieces::start);
        return new FrameRun(
                pieces,
                order,
                Sorted.first(order.length, place -> byFrame.compare(order[place], piece) >= 0),
                Sorted.first(order.length, place -> byFrame.compare(order[place], piece) > 0));
    }

    /** The number of the bundle in the manifest. */
    public int bundle() {
        return pieces.bundle(order[from]);
    }

    /** Runs of these frames without the gaps between them, none much longer than one request should be. */
    public List<FrameRun> cut() {
        return only(place -> true);
    }

    /**
     * Runs of the frames that are wanted.
     *
     * @param wanted gets the place in {@link #order} of a frame's first piece
     */
    public List<FrameRun> only(IntPredicate wanted) {
        List<FrameRun> runs = new ArrayList<>();
        int begin = from;
        int end = from;
        long stored = 0;
        long data = 0;
        for (int frame = from; frame < to; frame = endOfFrame(frame)) {
            if (!wanted.test(frame)) {
                continue;
            }
            boolean neighbour = end == frame && end > begin && isNeighbour(frame);
            if (!neighbour || stored >= MOST_STORED_BYTES || data >= MOST_DATA_BYTES) {
                if (end > begin) {
                    runs.add(new FrameRun(pieces, order, begin, end));
                }
                begin = frame;
                stored = 0;
                data = 0;
            }
            end = endOfFrame(frame);
            stored += pieces.length(order[frame]);
            for (int piece = frame; piece < end; piece++) {
                data += pieces.size(order[piece]);
            }
        }
        if (end > begin) {
            runs.add(new FrameRun(pieces, order, begin, end));
        }
        return runs;
    }

    private boolean isNeighbour(int frame) {
        return start(frame - 1) + pieces.length(order[frame - 1]) == start(frame);
    }

    /** The place after the last piece of the frame that begins with the piece at {@code place}. */
    public int endOfFrame(int place) {
        int end = place + 1;
        while (end < to && start(end) == start(place)) {
            end++;
        }
        return end;
    }

    /** Whether any piece of the frame that begins with the piece at {@code place} is like that. */
    public boolean isAny(int place, IntPredicate like) {
        return IntStream.range(place, endOfFrame(place)).anyMatch(like);
    }

    /** Where the frame is in the bundle. */
    public long start(int place) {
        return pieces.start(order[place]);
    }

    /** The length of all frames from that at {@code place} on. */
    public long storedBytes(int place) {
        return start(to - 1) + pieces.length(order[to - 1]) - start(place);
    }
}
