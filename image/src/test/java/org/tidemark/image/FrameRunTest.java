// SPDX-License-Identifier: Apache-2.0
package org.tidemark.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.backup.Piece;
import org.tidemark.catalog.backup.PieceChecksums;
import org.tidemark.catalog.backup.PieceTable;
import org.tidemark.testkit.Rounds;

class FrameRunTest {
    /** Whatever order the files have, each needed frame is fetched once, and no others. */
    @Test
    void runsHaveEveryNeededFrameOnceAndNoneBesides() {
        Random random = Rounds.random();
        for (int round = 0; round < Rounds.of(50, 2000); round++) {
            List<Piece> pieces = pieces(random);
            Collections.shuffle(pieces, random);
            PieceTable table = new PieceTable();
            for (int i = 0; i < pieces.size(); i++) {
                table.add(pieces.get(i), i);
            }
            List<Integer> seen = new ArrayList<>();
            for (FrameRun bundle : FrameRun.bundles(table)) {
                for (FrameRun run : bundle.cut()) {
                    assertThat(run.bundle()).isEqualTo(bundle.bundle());
                    see(run, seen);
                }
            }

            assertThat(seen)
                    .containsExactlyInAnyOrderElementsOf(
                            IntStream.range(0, pieces.size()).boxed().toList());
        }
    }

    private static void see(FrameRun run, List<Integer> seen) {
        PieceTable table = run.pieces();
        long next = run.start(run.from());
        for (int frame = run.from(); frame < run.to(); frame = run.endOfFrame(frame)) {
            assertThat(run.start(frame)).as("no gap within a run").isEqualTo(next);
            next += table.length(run.order()[frame]);
            for (int i = frame; i < run.endOfFrame(frame); i++) {
                assertThat(table.start(run.order()[i])).isEqualTo(run.start(frame));
                assertThat(table.bundle(run.order()[i])).isEqualTo(run.bundle());
                seen.add(run.order()[i]);
            }
        }
        assertThat(run.storedBytes(run.from())).isEqualTo(next - run.start(run.from()));
        assertThat(run.storedBytes(run.from())).isLessThan(FrameRun.MOST_STORED_BYTES + (2 << 20));
    }

    /** Frames of several pieces, with gaps between some of them. */
    private static List<Piece> pieces(Random random) {
        List<Piece> pieces = new ArrayList<>();
        for (int bundle = 1; bundle < 4; bundle++) {
            long start = 500;
            for (int frame = 0; frame < random.nextInt(60); frame++) {
                int length = 1 + random.nextInt(1 << 20);
                if (random.nextInt(10) > 0) {
                    for (int piece = 0; piece <= random.nextInt(4); piece++) {
                        pieces.add(new Piece(bundle, start, length, piece * 10, 0, 10, new PieceChecksums(0, 0)));
                    }
                }
                start += length;
            }
        }
        return pieces;
    }
}
