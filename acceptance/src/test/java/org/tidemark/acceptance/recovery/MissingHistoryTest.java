// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.PostgresBinaries;

/** WAL of timeline 2 is archived, and its history is lost: timeline 1 must still be restored to its end. */
@ParameterizedClass
@MethodSource("org.tidemark.testkit.PostgresBinaries#ofThisRun")
@InTurn
final class MissingHistoryTest {
    @Parameter
    PostgresBinaries binaries = PostgresBinaries.embedded().getLast();

    @Test
    void ofAChildDoesNotStopARecoveryAlongItsParent() throws Exception {
        FailoverStory story = FailoverStory.of(binaries);
        try (ScratchArchive archive = new ScratchArchive(story.cluster());
                RecoveringServer server = RecoveringServer.recovery(archive, Goal.latest(1))) {
            archive.spoil(Fault.MISSING, FailoverStory.HISTORY);

            server.mustOpenWith(FailoverStory.ROWS_OF_1);

            assertThat(server.timeline()).isEqualTo(3);
            Path walDirectory = server.dataDirectory().resolve("pg_wal");
            assertThat(walDirectory.resolve(FailoverStory.HISTORY)).doesNotExist();
            assertThat(walDirectory.resolve("RECOVERYHISTORY")).doesNotExist();
            assertThat(Files.readString(walDirectory.resolve("00000003.history")))
                    .startsWith("1\t")
                    .doesNotContain("#");
            server.restart();
            assertThat(server.rows()).isEqualTo(FailoverStory.ROWS_OF_1);
        }
    }

    @Test
    void stopsARecoveryThatMayFollowTheChild() {
        FailoverStory story = FailoverStory.of(binaries);
        try (ScratchArchive archive = new ScratchArchive(story.cluster());
                RecoveringServer server = RecoveringServer.recovery(archive, Goal.withoutOptions("latest"))) {
            archive.spoil(Fault.MISSING, FailoverStory.HISTORY);

            server.mustStop();

            assertThat(server.statusesOf(FailoverStory.HISTORY)).containsOnly("200");
        }
    }
}
