// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.testkit.PostgresBinaries;

/** Timeline 2 is the right one, and WAL that the old primary wrote after the switch must never be replayed. */
abstract class FailoverCases {
    /** More than there are files to ask for. */
    private static final int STARTS = 20;

    @Parameter
    PostgresBinaries binaries = PostgresBinaries.embedded().getLast();

    Stream<Goal.Kind> kinds() {
        return Rotation.of(binaries, List.of(Goal.Kind.values()));
    }

    /** As recover writes it with a number, and as an operator may write it. */
    Stream<String> timelineOptions() {
        return Rotation.of(binaries, List.of("--timeline N", ""));
    }

    @Test
    void noRowOfTheOldPrimaryComesBackWhenEachRequestFailsOnce() {
        assumeTrue(Rotation.isChosen(binaries), "with every version in a campaign");
        FailoverStory story = FailoverStory.of(binaries);
        try (ScratchArchive archive = new ScratchArchive(story.cluster());
                RecoveringServer server = RecoveringServer.recovery(archive, Goal.latest(2))) {
            archive.loseOnce("0");

            server.mustOpenAfterStopsWith(FailoverStory.ROWS_OF_2, STARTS);
        }
    }

    /** Here PostgreSQL gets 1, and asks for the old primary's segment at the same place. */
    @ParameterizedTest
    @MethodSource("kinds")
    void noTargetIsReachedOnTheWrongRoadWhenEachRequestForTheRightOneFailsOnce(Goal.Kind kind) {
        FailoverStory story = FailoverStory.of(binaries);
        try (ScratchArchive archive = new ScratchArchive(story.cluster());
                RecoveringServer server = RecoveringServer.recovery(archive, Goal.at(2, kind, story.end()))) {
            archive.loseOnce("00000002");

            server.mustOpenAfterStopsWith(FailoverStory.ROWS_OF_2, STARTS);

            assertThat(server.statusesOf(story.old().get(1))).isNotEmpty().doesNotContain("0");
            assertThat(server.statusesOf(story.old().get(2))).doesNotContain("0");
        }
    }

    @ParameterizedTest
    @MethodSource("timelineOptions")
    void aStandbyFollowsTheNewPrimaryWhenEachRequestForItsSegmentsFailsOnce(String options) {
        FailoverStory story = FailoverStory.of(binaries);
        Goal goal = new Goal(
                options.replace("N", "2"), Goal.withoutOptions("latest").settings());
        try (ScratchArchive archive = new ScratchArchive(story.cluster());
                RecoveringServer server = RecoveringServer.standby(archive, goal)) {
            archive.loseOnce("0000000200");
            server.launch();

            server.mustShow(FailoverStory.ROWS_OF_2);

            assertThat(server.statusesOf(story.old().get(1))).isNotEmpty().doesNotContain("0");
            assertThat(server.statusesOf(story.old().get(2))).doesNotContain("0");
        }
    }

    Stream<Goal> goalsOnTimeline2() {
        FailoverStory story = FailoverStory.of(binaries);
        Goal target = Goal.at(2, Rotation.kind(binaries), story.end());
        return Rotation.of(binaries, List.of(Goal.latest(2), target, Goal.withoutOptions("latest")));
    }

    @ParameterizedTest
    @MethodSource("goalsOnTimeline2")
    void aHistoryThatCannotBeToldStopsTheRecoveryWhateverItsTarget(Goal goal) {
        FailoverStory story = FailoverStory.of(binaries);
        try (ScratchArchive archive = new ScratchArchive(story.cluster());
                RecoveringServer server = RecoveringServer.recovery(archive, goal)) {
            for (Fault fault : List.of(Fault.DAMAGED, Fault.DENIED, Fault.UNREACHABLE)) {
                archive.spoil(fault, FailoverStory.HISTORY);
                server.mustStop();
            }

            assertThat(server.statusesOf(FailoverStory.HISTORY)).containsOnly("200");
            archive.mend(FailoverStory.HISTORY);
            server.mustOpenWith(FailoverStory.ROWS_OF_2);
        }
    }

    @Test
    void theLastProbeWithTheStoreCutNeitherStopsTheServerNorChangesItsTimeline() {
        FailoverStory story = FailoverStory.of(binaries);
        try (ScratchArchive archive = new ScratchArchive(story.cluster());
                RecoveringServer server = RecoveringServer.recovery(archive, Goal.latest(2))) {
            archive.loseAtTheLastProbe();

            server.mustOpenWith(FailoverStory.ROWS_OF_2);

            assertThat(archive.requests().getLast()).isIn(FailoverStory.HISTORY + " 0", FailoverStory.HISTORY + " 1");
            assertThat(server.timeline()).isEqualTo(3);
            server.restart();
            assertThat(server.rows()).isEqualTo(FailoverStory.ROWS_OF_2);
            assertThat(server.timeline()).isEqualTo(3);
        }
    }

    @Test
    void theParentsCopyOfTheSwitchIsRefusedWhileTheChildsCannotBeTold() {
        FailoverStory story = FailoverStory.of(binaries);
        Goal goal = Goal.at(2, Rotation.kind(binaries), story.end());
        try (ScratchArchive archive = new ScratchArchive(story.cluster());
                RecoveringServer server = RecoveringServer.recovery(archive, goal)) {
            archive.spoil(Fault.DAMAGED, story.young().getFirst());

            server.mustStop();

            assertThat(server.statusesOf(story.old().get(1))).isNotEmpty().doesNotContain("0");
        }
    }

    /** The copy was restored, not streamed: then PostgreSQL archives no .partial of the segment with the switch. */
    @Test
    void nothingAfterTheSwitchIsReplayedWhenNothingOfTheChildWasArchived() {
        FailoverStory story = FailoverStory.of(binaries);
        try (ScratchArchive archive = new ScratchArchive(story.cluster());
                RecoveringServer server = RecoveringServer.recovery(archive, Goal.latest(2))) {
            archive.withhold(story.young());

            server.mustOpenWith(FailoverStory.ROWS_BEFORE);

            assertThat(server.timeline()).isEqualTo(3);
        }
    }

    @ParameterizedTest
    @MethodSource("timelineOptions")
    void aPromotedTestCopyThatArchivesDoesNotCutARecoveryOff(String options) {
        FailoverStory story = FailoverStory.of(binaries);
        Goal goal = new Goal(
                options.replace("N", "1"), Goal.withoutOptions("current").settings());
        try (ScratchArchive archive = new ScratchArchive(story.cluster());
                RecoveringServer server = RecoveringServer.recovery(archive, goal)) {

            server.mustOpenWith(FailoverStory.ROWS_OF_1);
        }
    }

    /** PostgreSQL takes the copy's history into pg_wal, and stays on timeline 1 because it is past the switch. */
    @Test
    void aPromotedTestCopyThatArchivesDoesNotCutAStandbyOffThatIsPastTheSwitch() {
        FailoverStory story = FailoverStory.of(binaries);
        String last = story.old().get(3);
        try (ScratchArchive archive = new ScratchArchive(story.cluster());
                RecoveringServer server = RecoveringServer.standby(archive, Goal.withoutOptions("latest"))) {
            List<String> late = List.of(story.young().get(0), story.young().get(1), FailoverStory.HISTORY, last);
            archive.withhold(late);
            server.launch();
            server.mustShow(FailoverStory.ROWS_BEFORE + " old-2=50 old-3=50");

            late.subList(0, 3).forEach(archive::mend);
            server.awaitDelivery(FailoverStory.HISTORY);
            archive.mend(last);

            server.mustShow(FailoverStory.ROWS_OF_1);
        }
    }
}
