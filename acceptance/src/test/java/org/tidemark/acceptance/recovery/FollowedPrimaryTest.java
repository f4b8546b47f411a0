// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.core.ExitCode;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

/** What the plan of a standby says of the server that it is to follow. */
@InTurn
final class FollowedPrimaryTest {
    private static final PostgresBinaries BINARIES =
            PostgresBinaries.oneOfThisRun().getFirst();
    private static final TidemarkHost HOST = new TidemarkHost();
    private static PostgresServer primary = PostgresServer.of(BINARIES)
            .initdb("--wal-segsize=1")
            .archiving(HOST.archiveCommand())
            .create();

    @BeforeAll
    static void archive() throws IOException {
        primary.start();
        HOST.configure(primary.conninfo(), primary.dataDirectory());
        HOST.must("init");
        HOST.must("backup");
        primary.archiveCurrentSegment(Duration.ofMinutes(2));
    }

    @AfterAll
    static void stop() {
        primary.close();
        HOST.close();
    }

    private static Path target() {
        return HOST.directory().resolve("standby");
    }

    private static Outcome plan(String... options) {
        return HOST.run(Stream.concat(
                        Stream.of("recover", "--standby", "--dry-run", "--to", target().toString()), Stream.of(options))
                .toArray(String[]::new));
    }

    @Test
    void theConfiguredOneAnswers() {
        Outcome plan = plan();

        assertThat(plan.status()).as(plan.talk()).isZero();
        assertThat(plan.data() + plan.talk())
                .containsPattern("the primary at \\S+ answers: timeline 1, at [0-9A-F]+/[0-9A-F]+\n")
                .contains("then stream from the primary", "standby.signal");
    }

    @Test
    void oneThatDoesNotAnswerIsAWarning() {
        Outcome plan = plan("--primary", "host=127.0.0.1 port=1 user=postgres");

        assertThat(plan.status()).isZero();
        assertThat(plan.data() + plan.talk())
                .contains(
                        "the primary at 127.0.0.1:1 cannot be followed yet: ",
                        "   WARNING",
                        "replays what is archived");
    }

    @Test
    void oneOfAnotherSystemIsRefused() {
        try (PostgresServer other = PostgresServer.of(BINARIES).initdb().start()) {
            Outcome outcome =
                    HOST.run("recover", "--standby", "--to", target().toString(), "--primary", other.conninfo());

            assertThat(outcome.status()).isEqualTo(ExitCode.RESTORE_REFUSED.status());
            assertThat(outcome.talk()).contains("a standby of the one cannot follow the other");
            assertThat(target()).doesNotExist();
        }
    }

    @Test
    void theCommandOfAStandbyNamesNoTimelineUnlessItIsToStayOnOne() {
        assertThat(plan("--json").data())
                .contains(
                        "\"role\" : \"standby\"",
                        "\"recovery_target_timeline\" : \"latest\"",
                        " wal-fetch %f %p --target ");
        assertThat(plan("--json", "--timeline", "1").data())
                .contains("\"recovery_target_timeline\" : \"1\"", " wal-fetch %f %p --timeline 1 --target ")
                .contains("this standby stays on timeline 1");
    }

    @Test
    void whatDoesNotFitTogetherIsAnErrorOfUse() {
        assertThat(plan("--target-immediate").status()).isEqualTo(ExitCode.USAGE.status());
        assertThat(plan("--primary", "host=x password=y").talk()).contains("~/.pgpass");
        assertThat(plan("--apply-delay", "1w").status()).isEqualTo(ExitCode.USAGE.status());
        Outcome without = HOST.run("recover", "--dry-run", "--to", target().toString(), "--apply-delay", "1h");
        assertThat(without.status()).isEqualTo(ExitCode.USAGE.status());
        assertThat(without.talk()).contains("--apply-delay belongs to --standby");
    }
}
