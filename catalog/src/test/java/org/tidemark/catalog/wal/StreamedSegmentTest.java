// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.wal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.layout.WalPiece;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;

class StreamedSegmentTest {
    private static final WalSegmentSize SIZE = new WalSegmentSize(1 << 20);
    private static final Segment SEGMENT = (Segment) WalFile.parse("000000010000000000000003");

    private static WalPiece piece(String writer, int from, int to) {
        return new WalPiece(
                SEGMENT, SEGMENT.start(SIZE).plus(from), SEGMENT.start(SIZE).plus(to), writer);
    }

    private static List<StreamedSegment> streamed(WalPiece... pieces) {
        return StreamedSegment.of(SEGMENT, List.of(pieces), SIZE);
    }

    @Test
    void piecesAreJoinedFromTheStartUpToTheFirstGap() {
        assertThat(streamed(piece("w", 10, 20), piece("w", 0, 10), piece("w", 30, 40)))
                .containsExactly(new StreamedSegment(SEGMENT, List.of(piece("w", 0, 10), piece("w", 10, 20))));
        assertThat(streamed(piece("w", 1, 20))).as("without the first byte").isEmpty();
        assertThat(streamed()).isEmpty();
    }

    @Test
    void theFewestPiecesAreTaken() {
        List<WalPiece> all = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            all.add(piece("w", i, i + 1));
        }
        all.add(piece("w", 0, 8));
        all.add(piece("w", 8, 10));

        assertThat(StreamedSegment.of(SEGMENT, all, SIZE))
                .containsExactly(new StreamedSegment(SEGMENT, List.of(piece("w", 0, 8), piece("w", 8, 10))));
    }

    @Test
    void writersAreNotMixed() {
        assertThat(streamed(piece("a", 0, 10), piece("b", 10, 20), piece("b", 0, 5)))
                .containsExactly(
                        new StreamedSegment(SEGMENT, List.of(piece("a", 0, 10))),
                        new StreamedSegment(SEGMENT, List.of(piece("b", 0, 5))));
    }

    @Test
    void piecesOutsideTheSegmentAreNone() {
        assertThat(streamed(piece("w", 0, SIZE.bytes() + 1))).isEmpty();
        assertThat(streamed(piece("w", 0, SIZE.bytes())).getFirst().isWhole(SIZE))
                .isTrue();
    }
}
