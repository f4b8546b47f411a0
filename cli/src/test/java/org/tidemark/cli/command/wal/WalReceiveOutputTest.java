// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.wal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.tidemark.archiver.receive.WalPosition;
import org.tidemark.cli.output.Output;
import org.tidemark.cli.output.Output.Manner;
import org.tidemark.cli.output.Output.Verbosity;
import org.tidemark.cli.output.OutputFormat;
import org.tidemark.cli.output.Paint;
import org.tidemark.core.ClusterName;
import org.tidemark.core.CopyableLines;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.testkit.MovableClock;

class WalReceiveOutputTest {
    private final ByteArrayOutputStream talk = new ByteArrayOutputStream();
    private final MovableClock clock = new MovableClock(Instant.parse("2026-11-20T06:30:00Z"));
    private final WalReceiveOutput receiver = new WalReceiveOutput(
            new Output(
                    new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8),
                    new PrintStream(talk, true, StandardCharsets.UTF_8),
                    new Manner(
                            OutputFormat.TEXT,
                            Verbosity.NORMAL,
                            Paint.NONE,
                            Paint.NONE,
                            false,
                            new CopyableLines("tidemark", Optional::empty, Optional.empty(), List.of(), List.of()))),
            new ClusterName("main"),
            clock);

    private void interrupted(String problem) {
        receiver.interrupted(
                new UserFacingException(ExitCode.POSTGRES_UNAVAILABLE, problem, ""), Duration.ofSeconds(1));
    }

    @Test
    void whatIsWrongNowIsSaidAtOnceAndNotRepeated() {
        interrupted("the connection was lost");
        interrupted("it is on timeline 1 at 0/C12345, but WAL of timeline 2 was received already");
        interrupted("the connection was lost");
        interrupted("it is on timeline 1 at 0/D00000, but WAL of timeline 2 was received already");

        assertThat(talk.toString(StandardCharsets.UTF_8))
                .containsOnlyOnce("the connection was lost")
                .containsOnlyOnce("it is on timeline 1");
    }

    @Test
    void aServerThatIsAwayForADayIsToldAtTheBeginningOnceAnHourAndAtTheEnd() {
        for (int second = 0; second < 24 * 3600; second += 10) {
            interrupted("the connection was lost");
            clock.forward(Duration.ofSeconds(10));
        }
        receiver.receiving(new WalPosition(new Timeline(1), new Lsn(0x1000000)));

        assertThat(talk.toString(StandardCharsets.UTF_8).lines().filter(line -> line.startsWith("WARNING")))
                .hasSize(24);
        assertThat(talk.toString(StandardCharsets.UTF_8)).containsPattern("connected again after 23h59m: receiving");
    }
}
