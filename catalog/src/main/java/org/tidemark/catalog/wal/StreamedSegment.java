// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.wal;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.tidemark.catalog.layout.WalPiece;
import org.tidemark.core.BlockInputStream;
import org.tidemark.core.Lsn;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalSegmentSize;

/**
 * What one writer has stored of a segment while it received it: pieces without a gap, from the start of the segment on.
 * This alone puts pieces together. Immutable.
 *
 * @param pieces each begins where the one before it ends
 */
public record StreamedSegment(WalFile.Segment segment, List<WalPiece> pieces) {
    public StreamedSegment {
        pieces = List.copyOf(pieces);
        if (pieces.isEmpty()) {
            throw new IllegalArgumentException("no piece of " + segment);
        }
    }

    /** Of each writer the pieces that go furthest without a gap; a writer without the first bytes is left out. */
    static List<StreamedSegment> of(WalFile.Segment segment, List<WalPiece> stored, WalSegmentSize size) {
        Map<String, List<WalPiece>> writers = new TreeMap<>();
        for (WalPiece piece : stored) {
            boolean isInside =
                    !piece.start().isBefore(segment.start(size)) && !piece.end().isAfter(segment.end(size));
            if (isInside) {
                writers.computeIfAbsent(piece.writer(), any -> new ArrayList<>())
                        .add(piece);
            }
        }
        List<StreamedSegment> streamed = new ArrayList<>();
        for (List<WalPiece> pieces : writers.values()) {
            List<WalPiece> chain = longest(pieces, segment.start(size));
            if (!chain.isEmpty()) {
                streamed.add(new StreamedSegment(segment, chain));
            }
        }
        return streamed;
    }

    /** Of all ways to the furthest end one with the fewest pieces. */
    private static List<WalPiece> longest(List<WalPiece> pieces, Lsn start) {
        record Step(WalPiece piece, int count) {}
        Map<Lsn, Step> reached = new HashMap<>();
        Lsn furthest = start;
        for (WalPiece piece :
                pieces.stream().sorted(Comparator.comparing(WalPiece::end)).toList()) {
            Step before = reached.get(piece.start());
            if (before == null && !piece.start().equals(start)) {
                continue;
            }
            int count = before == null ? 1 : before.count() + 1;
            Step known = reached.get(piece.end());
            if (known == null || count < known.count()) {
                reached.put(piece.end(), new Step(piece, count));
            }
            furthest = piece.end();
        }
        Deque<WalPiece> chain = new ArrayDeque<>();
        for (Step step = reached.get(furthest);
                step != null;
                step = reached.get(step.piece().start())) {
            chain.addFirst(step.piece());
        }
        return List.copyOf(chain);
    }

    public String writer() {
        return pieces.getFirst().writer();
    }

    /** The position after its last byte. */
    public Lsn end() {
        return pieces.getLast().end();
    }

    /** Whether it is all of the segment. */
    public boolean isWhole(WalSegmentSize size) {
        return end().equals(segment.end(size));
    }

    /** Opens a piece. */
    @FunctionalInterface
    interface Opening {
        InputStream open(WalPiece piece) throws IOException;
    }

    /**
     * A stream with the length of the segment: the pieces, then zeros. Each piece is read to its end, where its digest
     * is compared.
     *
     * @param opening gives all bytes of a piece, as many as its name says
     */
    InputStream content(WalSegmentSize size, Opening opening) {
        return new Content(size.bytes(), opening);
    }

    private final class Content extends BlockInputStream {
        private final Opening opening;
        private long left;
        private int next;
        private @Nullable InputStream piece;

        Content(long lengthBytes, Opening opening) {
            this.opening = opening;
            this.left = lengthBytes;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            while (piece != null || next < pieces.size()) {
                InputStream from = piece == null ? opening.open(pieces.get(next)) : piece;
                piece = from;
                int count = from.read(bytes, offset, length);
                if (count >= 0) {
                    left -= count;
                    return count;
                }
                close();
                next++;
            }
            if (left == 0) {
                return -1;
            }
            int zeros = (int) Math.min(length, left);
            Arrays.fill(bytes, offset, offset + zeros, (byte) 0);
            left -= zeros;
            return zeros;
        }

        @Override
        public void close() throws IOException {
            InputStream open = piece;
            piece = null;
            if (open != null) {
                open.close();
            }
        }
    }
}
