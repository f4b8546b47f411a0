// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.PostgresBinaries;

/**
 * A command that names a timeline, as recover writes it, beside every recovery_target_timeline that an operator may set
 * afterwards: the database has the rows that PostgreSQL's setting asks for, or recovery stops.
 */
@ParameterizedClass
@MethodSource("org.tidemark.testkit.PostgresBinaries#oneOfThisRun")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@InTurn
final class TargetTimelineTest {
    private static final String STOPS = "";

    @Parameter
    PostgresBinaries binaries = PostgresBinaries.embedded().getLast();

    /** @param rows that must come back, or {@link #STOPS} */
    record Row(String option, String setting, String rows) {}

    Stream<Row> rows() {
        return Rotation.of(
                binaries,
                List.of(
                        new Row("--timeline 2", "1", STOPS),
                        new Row("--timeline 1", "latest", STOPS),
                        new Row("--timeline 2", "current", STOPS),
                        new Row("--timeline 1", "2", STOPS),
                        new Row("--timeline 2", "latest", FailoverStory.ROWS_OF_2),
                        new Row("--timeline 1", "current", FailoverStory.ROWS_OF_1),
                        new Row("--timeline 1", "1", FailoverStory.ROWS_OF_1),
                        new Row("--timeline 2", "2", FailoverStory.ROWS_OF_2),
                        new Row("", "1", FailoverStory.ROWS_OF_1),
                        new Row("", "2", FailoverStory.ROWS_OF_2),
                        new Row("", "latest", FailoverStory.ROWS_OF_2),
                        new Row("", "current", FailoverStory.ROWS_OF_1)));
    }

    @ParameterizedTest
    @MethodSource("rows")
    void theRowsAreThoseOfPostgresOwnSettingOrRecoveryStops(Row row) {
        FailoverStory story = FailoverStory.of(binaries);
        Goal goal = new Goal(row.option(), Map.of("recovery_target_timeline", row.setting()));
        try (ScratchArchive archive = new ScratchArchive(story.cluster());
                RecoveringServer server = RecoveringServer.recovery(archive, goal)) {
            if (row.rows().equals(STOPS)) {
                server.mustStop();

                assertThat(server.log())
                        .contains("restore_command says " + row.option())
                        .contains("recovers to timeline " + (row.option().endsWith("1") ? 2 : 1));
            } else {
                server.mustOpenWith(row.rows());
            }
        }
    }

    @Test
    void aStandbyFollowsItsOwnSetting() {
        FailoverStory story = FailoverStory.of(binaries);
        Goal goal = new Goal("--timeline 1 --target latest", Map.of("recovery_target_timeline", "latest"));
        try (ScratchArchive archive = new ScratchArchive(story.cluster());
                RecoveringServer server = RecoveringServer.standby(archive, goal)) {
            server.launch();

            server.mustShow(FailoverStory.ROWS_OF_2);
        }
    }
}
