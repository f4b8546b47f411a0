// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.core.Timeline;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;

/**
 * A restore_command that was written by hand names no timeline, and in pg_wal is the history of a child that this
 * recovery does not go to: a first try to recover to "latest" left it, or it came with a copy of pg_wal.
 */
@ParameterizedClass
@MethodSource("org.tidemark.testkit.PostgresBinaries#oneOfThisRun")
@InTurn
final class StrayHistoryTest {
    private static final Goal CURRENT = Goal.withoutOptions("current");

    /** PostgreSQL's default is "latest". */
    private static final Goal NOWHERE = new Goal("", Map.of());

    @Parameter
    PostgresBinaries binaries = PostgresBinaries.embedded().getLast();

    /** Nothing of the child is archived but its history: the parent's segment would end at the switch. */
    @Test
    void doesNotEndARecoveryAlongItsParentWhereItsTimelineBegan() throws IOException {
        FailoverStory story = FailoverStory.of(binaries);
        try (ScratchArchive archive = new ScratchArchive(story.cluster());
                RecoveringServer server = RecoveringServer.recovery(archive, CURRENT)) {
            leaveHistory(server, archive);
            archive.withhold(story.young());

            server.mustOpenWith(FailoverStory.ROWS_OF_1);
        }
    }

    @Test
    void doesNotStopARecoveryAlongItsParentWhereTheChildHasACopy() throws IOException {
        FailoverStory story = FailoverStory.of(binaries);
        try (ScratchArchive archive = new ScratchArchive(story.cluster());
                RecoveringServer server = RecoveringServer.recovery(archive, NOWHERE)) {
            leaveHistory(server, archive);
            Path site = Files.writeString(
                    server.dataDirectory().resolve("site.conf"), "Recovery_Target_Timeline 1 # the old primary's\n");
            OperatingUser.current().own(site);
            Files.writeString(
                    server.dataDirectory().resolve("postgresql.conf"),
                    "include_if_exists = 'site.conf'\n",
                    StandardOpenOption.APPEND);

            server.mustOpenWith(FailoverStory.ROWS_OF_1);
        }
    }

    @Test
    void doesNotKeepAStandbyOfItsParentWaiting() throws IOException {
        FailoverStory story = FailoverStory.of(binaries);
        try (ScratchArchive archive = new ScratchArchive(story.cluster());
                RecoveringServer server = RecoveringServer.standby(archive, CURRENT)) {
            leaveHistory(server, archive);
            server.launch();

            server.mustShow(FailoverStory.ROWS_OF_1);
        }
    }

    @Test
    void isFollowedWherePostgresFollowsIt() throws IOException {
        FailoverStory story = FailoverStory.of(binaries);
        try (ScratchArchive archive = new ScratchArchive(story.cluster());
                RecoveringServer server = RecoveringServer.recovery(archive, NOWHERE)) {
            leaveHistory(server, archive);

            server.mustOpenWith(FailoverStory.ROWS_OF_2);
        }
    }

    /** The file no longer says what PostgreSQL was started with, so nobody knows which of the two it follows. */
    @Test
    void stopsARecoveryWhoseTimelineCannotBeTold() throws IOException {
        FailoverStory story = FailoverStory.of(binaries);
        try (ScratchArchive archive = new ScratchArchive(story.cluster());
                RecoveringServer server = RecoveringServer.recovery(archive, CURRENT)) {
            leaveHistory(server, archive);
            archive.withhold(story.young());
            FileTime later = FileTime.from(Instant.now().plusSeconds(3600));
            Files.setLastModifiedTime(server.dataDirectory().resolve("postgresql.auto.conf"), later);

            server.mustStop();

            assertThat(server.statusesOf(story.old().get(1))).isNotEmpty().containsOnly("200");
            assertThat(server.log()).contains("--timeline");
            Files.setLastModifiedTime(
                    server.dataDirectory().resolve("postgresql.auto.conf"), FileTime.from(Instant.now()));
            server.mustOpenWith(FailoverStory.ROWS_OF_1);
        }
    }

    private static void leaveHistory(RecoveringServer server, ScratchArchive archive) throws IOException {
        Path history = server.dataDirectory().resolve("pg_wal").resolve(FailoverStory.HISTORY);
        Files.write(history, archive.cluster().historyOf(new Timeline(2)));
        OperatingUser.current().own(history);
    }
}
