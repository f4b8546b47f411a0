// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.testkit.PostgresBinaries;

/** A recovery to a target: PostgreSQL itself refuses to open the database when the target is not reached. */
@ParameterizedClass
@MethodSource("org.tidemark.testkit.PostgresBinaries#oneOfThisRun")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class TargetRecoveryTest {
    private static final String NOT_REACHED = "recovery ended before configured recovery target was reached";

    @Parameter
    PostgresBinaries binaries = PostgresBinaries.embedded().getLast();

    Stream<Goal.Kind> kinds() {
        return Rotation.of(binaries, List.of(Goal.Kind.values()));
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void aTargetAfterAFaultIsReachedOnlyOnceItIsMended(Goal.Kind kind) {
        WalStory story = WalStory.of(binaries);
        String segment = story.segment(2);
        try (ScratchArchive archive = new ScratchArchive(story.cluster());
                RecoveringServer server = RecoveringServer.recovery(archive, Goal.at(kind, story.after(3)))) {
            for (Fault fault : Fault.values()) {
                archive.spoil(fault, segment);
                server.mustStop();
            }

            assertThat(server.log().split(NOT_REACHED, -1)).hasSize(Fault.values().length + 1);
            assertThat(server.statusesOf(segment)).containsOnly("1");
            archive.mend(segment);
            server.mustOpenWith(WalStory.rowsUpTo(3));
        }
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void aTargetAfterTheTrueEndIsReachedOnlyOnceTheRestHasCome(Goal.Kind kind) {
        WalStory story = WalStory.of(binaries);
        List<String> late = List.of(story.segment(2), story.segment(3), story.segment(4));
        try (ScratchArchive archive = new ScratchArchive(story.cluster());
                RecoveringServer server = RecoveringServer.recovery(archive, Goal.at(kind, story.after(2)))) {
            archive.withhold(late);

            server.mustStop();

            assertThat(server.log()).contains(NOT_REACHED);
            late.forEach(archive::mend);
            server.mustOpenWith(WalStory.rowsUpTo(2));
        }
    }

    /** From 15 on PostgreSQL asks for segments after the target, and a status above 125 would end a good restore. */
    @ParameterizedTest
    @MethodSource("kinds")
    void aTargetBeforeAFaultIsReached(Goal.Kind kind) {
        WalStory story = WalStory.of(binaries);
        try (ScratchArchive archive = new ScratchArchive(story.cluster());
                RecoveringServer server = RecoveringServer.recovery(archive, Goal.at(kind, story.after(1)))) {
            archive.spoil(Rotation.fault(binaries), story.segment(2));

            server.mustOpenWith(WalStory.rowsUpTo(1));
        }
    }

    /** The whole time to ask again is longer than a test waits. */
    @Test
    void aHoleAfterTheTargetDelaysTheRecoveryByTenSecondsAndTheLogSaysWhy() {
        assumeTrue(binaries.major() >= 15, "from 15 on PostgreSQL looks ahead");
        WalStory story = WalStory.of(binaries);
        Goal goal = Goal.at(Rotation.kind(binaries), story.after(1));
        try (ScratchArchive archive = new ScratchArchive(story.cluster());
                RecoveringServer server = RecoveringServer.recovery(archive, goal, "5m")) {
            archive.spoil(Fault.MISSING, story.segment(2));

            server.mustOpenWith(WalStory.rowsUpTo(1));

            assertThat(server.log()).contains("asking again for up to 10 s");
        }
    }

    @Test
    void theConsistentMomentIsReachedWhateverIsWrongAfterIt() {
        WalStory story = WalStory.of(binaries);
        try (ScratchArchive archive = new ScratchArchive(story.cluster());
                RecoveringServer server = RecoveringServer.recovery(archive, Goal.immediate())) {
            archive.spoil(Rotation.fault(binaries), story.segment(2));

            server.mustOpenWith("");
        }
    }

    Stream<Optional<String>> waysToClearATarget() {
        return Rotation.of(binaries, List.of(Optional.empty(), Optional.of("")));
    }

    /** The target still stands in the command, and no longer in postgresql.auto.conf. */
    @ParameterizedTest
    @MethodSource("waysToClearATarget")
    void aTargetThatTheOperatorClearedMakesItARecoveryToTheLatest(Optional<String> cleared) {
        WalStory story = WalStory.of(binaries);
        Goal goal = Goal.at(Goal.Kind.NAME, story.after(3)).with("recovery_target_name", cleared);
        try (ScratchArchive archive = new ScratchArchive(story.cluster());
                RecoveringServer server = RecoveringServer.recovery(archive, goal)) {
            archive.spoil(Rotation.fault(binaries), story.segment(2));

            server.mustStop();

            assertThat(server.statusesOf(story.segment(2))).containsOnly("200");
            archive.mend(story.segment(2));
            server.mustOpenWith(WalStory.rowsUpTo(WalStory.BATCHES));
        }
    }
}
