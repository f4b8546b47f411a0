// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.wal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.cli.log.Log;
import org.tidemark.config.LogSettings;
import org.tidemark.config.LogSettings.Level;
import org.tidemark.config.LogSettings.LogFile;
import org.tidemark.testkit.MovableClock;
import org.tidemark.wal.notices.RepeatedNotices;

class WalLogTest {
    @TempDir
    private Path directory;

    private final MovableClock clock = new MovableClock(Instant.parse("2026-11-20T06:30:00Z"));

    /** As a call of wal-fetch. */
    private WalLog call(boolean isOfStandby) {
        Log log = Log.of(
                new LogSettings(new LogFile(directory.resolve("tidemark.log")), Level.INFO),
                "wal-fetch",
                clock,
                problem -> {});
        WalLog calls = new WalLog(log, "main");
        if (isOfStandby) {
            calls.ofStandby(RepeatedNotices.in(directory.resolve("spool"), clock));
        }
        clock.forward(Duration.ofMinutes(1));
        return calls;
    }

    private List<String> lines() throws IOException {
        return Files.readAllLines(directory.resolve("tidemark.log"));
    }

    @Test
    void aStandbyWhoseRepositoryIsDownForADayWritesAFewLines() throws IOException {
        for (int minute = 0; minute < 24 * 60; minute++) {
            call(true).end("ERROR: could not tell whether 00000001000000000000000" + minute % 10 + "\nHINT: repair\n");
        }
        assertThat(lines()).hasSize(24).allMatch(line -> line.contains("ERROR") && line.contains("hint=repair"));

        call(true).end("ERROR: the cluster is not registered\n");
        assertThat(lines().getLast()).contains("the cluster is not registered");
    }

    @Test
    void aRecoveryWritesEachError() throws IOException {
        for (int i = 0; i < 3; i++) {
            call(false).end("ERROR: could not tell\n");
        }

        assertThat(lines()).hasSize(3);
    }
}
