// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.fetch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.TimelineHistory.Switch;
import org.tidemark.core.TimelinePath;
import org.tidemark.core.TimelinePath.SegmentSource;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.testkit.Rounds;

/**
 * Histories as PostgreSQL writes them, also with positions that fall, against a transcription of how PostgreSQL reads
 * them: byte for byte, what wal-fetch hands out is what the path leads through, and all of it is handed out.
 */
class TimelinePathPropertiesTest {
    private static final WalSegmentSize SIZE = new WalSegmentSize(1 << 20);
    private static final int SEGMENTS = 5;
    /** Positions are multiples of this, so that looking at one byte of each step looks at all of them. */
    private static final long STEP = SIZE.bytes() / 4;

    @Test
    void aPositionBelongsToTheTimelineThatPostgresFindsForIt() {
        Random random = Rounds.random();
        for (int round = 0; round < Rounds.of(2_000, 100_000); round++) {
            Map<Timeline, List<Switch>> written = histories(random);
            written.forEach((timeline, lines) -> {
                TimelineHistory history = new TimelineHistory(timeline, lines);
                for (long at = 0; at < SIZE.start(SEGMENTS).value(); at += STEP) {
                    assertThat(history.ownerOf(new Lsn(at)))
                            .as("%s at %s", lines, new Lsn(at))
                            .isEqualTo(tliOfPointInHistory(new Lsn(at), timeline, lines));
                }
            });
        }
    }

    @Test
    void everyByteThatIsHandedOutLiesOnThePath() {
        Random random = Rounds.random();
        for (int round = 0; round < Rounds.of(2_000, 100_000); round++) {
            Map<Timeline, List<Switch>> written = histories(random);
            written.forEach((target, lines) -> {
                TimelinePath path = new TimelinePath(new TimelineHistory(target, lines), SIZE);
                for (int index = 0; index < SEGMENTS; index++) {
                    Lsn start = SIZE.start(index);
                    Lsn covered = start;
                    for (Timeline asked : written.keySet()) {
                        Segment segment = Segment.of(asked, index, SIZE);
                        Lsn end = endOfWhatIsHandedOut(path.sourceOf(segment), segment);
                        assertOnPath(target, lines, asked, written.getOrDefault(asked, List.of()), start, end);
                        covered = end.isAfter(covered) ? end : covered;
                    }
                    assertThat(covered).as("%s of %s", index, lines).isEqualTo(start.plus(SIZE.bytes()));
                }
            });
        }
    }

    private static Lsn endOfWhatIsHandedOut(SegmentSource source, Segment segment) {
        return switch (source) {
            case SegmentSource.AsArchived as -> segment.end(SIZE);
            case SegmentSource.EndsHere ends -> ends.switchPoint();
            case SegmentSource.OffThePath off -> segment.start(SIZE);
        };
    }

    /** A file of a timeline begins as a copy of what its own history led through. */
    private static void assertOnPath(
            Timeline target, List<Switch> lines, Timeline asked, List<Switch> linesOfAsked, Lsn start, Lsn end) {
        for (Lsn at = start; at.isBefore(end); at = at.plus(STEP)) {
            assertThat(tliOfPointInHistory(at, asked, linesOfAsked))
                    .as("%s of timeline %s on the way to %s %s", at, asked, target, lines)
                    .isEqualTo(tliOfPointInHistory(at, target, lines));
        }
    }

    /**
     * As src/backend/access/transam/timeline.c has it: each entry begins where the one before it in the file ends, the
     * newest is looked at first.
     */
    private static Timeline tliOfPointInHistory(Lsn at, Timeline timeline, List<Switch> lines) {
        if (lines.isEmpty() || !at.isBefore(lines.getLast().at())) {
            return timeline;
        }
        for (int i = lines.size() - 1; i > 0; i--) {
            if (!at.isBefore(lines.get(i - 1).at()) && at.isBefore(lines.get(i).at())) {
                return lines.get(i).parent();
            }
        }
        return lines.getFirst().parent();
    }

    /** Timeline 1, and then each a child of an earlier one, wherever a recovery along that one may have ended. */
    private static Map<Timeline, List<Switch>> histories(Random random) {
        Map<Timeline, List<Switch>> histories = new TreeMap<>();
        histories.put(Timeline.FIRST, List.of());
        int count = random.nextInt(5);
        for (int id = 2; id <= 1 + count; id++) {
            Timeline parent = new Timeline(1 + random.nextInt(id - 1));
            List<Switch> lines = new ArrayList<>(histories.getOrDefault(parent, List.of()));
            lines.add(new Switch(parent, new Lsn(STEP * (1 + random.nextInt(SEGMENTS * 4 - 1))), ""));
            histories.put(new Timeline(id), lines);
        }
        return histories;
    }
}
