// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.testkit.PostgresBinaries;

/** A recovery to the latest moment: PostgreSQL opens the database when it is told that there is no more WAL. */
@ParameterizedClass
@MethodSource("org.tidemark.testkit.PostgresBinaries#oneOfThisRun")
final class LatestRecoveryTest {
    @Parameter
    PostgresBinaries binaries = PostgresBinaries.embedded().getLast();

    @Test
    void stopsAtEachFaultAndHasAllRowsWhenTheLastIsMended() {
        WalStory story = WalStory.of(binaries);
        String segment = story.segment(2);
        try (ScratchArchive archive = new ScratchArchive(story.cluster());
                RecoveringServer server = RecoveringServer.recovery(archive, Goal.latest(1))) {
            for (Fault fault : Fault.values()) {
                archive.spoil(fault, segment);
                server.mustStop();
            }

            assertThat(server.statusesOf(segment)).hasSameSizeAs(Fault.values()).containsOnly("200");
            archive.mend(segment);
            server.mustOpenWith(WalStory.rowsUpTo(WalStory.BATCHES));
        }
    }

    @Test
    void opensWhereTheArchiveTrulyEnds() {
        WalStory story = WalStory.of(binaries);
        try (ScratchArchive archive = new ScratchArchive(story.cluster());
                RecoveringServer server = RecoveringServer.recovery(archive, Goal.latest(1))) {
            archive.withhold(List.of(story.segment(3), story.segment(4)));
            archive.loseOnce(FailoverStory.HISTORY);

            // It is asked for when all WAL has been replayed, to choose a new timeline.
            server.mustStop();
            server.mustOpenWith(WalStory.rowsUpTo(2));

            assertThat(server.statusesOf(story.segment(3))).containsOnly("1");
        }
    }
}
