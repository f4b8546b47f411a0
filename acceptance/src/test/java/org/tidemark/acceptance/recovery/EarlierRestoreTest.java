// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.PostgresBinaries;

/** A timeline whose history has positions that fall is archived, and restored without a row of timeline 2. */
@ParameterizedClass
@MethodSource("org.tidemark.testkit.PostgresBinaries#oneOfThisRun")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@InTurn
final class EarlierRestoreTest {
    /** More than there are files to ask for. */
    private static final int STARTS = 20;

    @Parameter
    PostgresBinaries binaries = PostgresBinaries.embedded().getLast();

    Stream<Goal> goalsOnTimeline3() {
        Goal target = Goal.at(
                3, Rotation.kind(binaries), EarlierRestoreStory.of(binaries).end());
        return Rotation.of(binaries, List.of(Goal.withoutOptions("latest"), Goal.latest(3), target));
    }

    @ParameterizedTest
    @MethodSource("goalsOnTimeline3")
    void everyArchivedRowOfTimeline3ComesBackAndNoneOfTimeline2(Goal goal) throws IOException {
        EarlierRestoreStory story = EarlierRestoreStory.of(binaries);
        List<Lsn> positions = new String(story.cluster().historyOf(new Timeline(3)), StandardCharsets.US_ASCII)
                .lines()
                .filter(line -> !line.isBlank())
                .map(line -> Lsn.parse(line.substring(line.indexOf('\t') + 1, line.lastIndexOf('\t'))))
                .toList();
        assertThat(positions).hasSize(2);
        assertThat(positions.getLast()).isLessThan(positions.getFirst());
        try (ScratchArchive archive = new ScratchArchive(story.cluster());
                RecoveringServer server = RecoveringServer.recovery(archive, goal)) {

            server.mustOpenWith(EarlierRestoreStory.ROWS_OF_3);

            assertThat(server.timeline()).isEqualTo(4);
        }
    }

    /** PostgreSQL then asks for the segment of timeline 2, which goes on with rows that timeline 3 does not have. */
    @Test
    void nothingOfTimeline2IsReplayedWhenOnlyTheHistoryOfTimeline3WasArchived() {
        EarlierRestoreStory story = EarlierRestoreStory.of(binaries);
        try (ScratchArchive archive = new ScratchArchive(story.cluster());
                RecoveringServer server = RecoveringServer.recovery(archive, Goal.latest(3))) {
            archive.withhold(story.third());

            server.mustOpenWith(EarlierRestoreStory.ROWS_BEFORE);

            assertThat(server.timeline()).isEqualTo(4);
        }
    }

    @Test
    void noRowOfTimeline2ComesBackWhenEachRequestFailsOnce() {
        assumeTrue(Rotation.isChosen(binaries), "with every version in a campaign");
        EarlierRestoreStory story = EarlierRestoreStory.of(binaries);
        try (ScratchArchive archive = new ScratchArchive(story.cluster());
                RecoveringServer server = RecoveringServer.recovery(archive, Goal.latest(3))) {
            archive.loseOnce("0");

            server.mustOpenAfterStopsWith(EarlierRestoreStory.ROWS_OF_3, STARTS);
        }
    }

    @Test
    void timeline2IsStillRestoredAsItWas() {
        EarlierRestoreStory story = EarlierRestoreStory.of(binaries);
        try (ScratchArchive archive = new ScratchArchive(story.cluster());
                RecoveringServer server = RecoveringServer.recovery(archive, Goal.latest(2))) {

            server.mustOpenWith(EarlierRestoreStory.ROWS_OF_2);
        }
    }
}
