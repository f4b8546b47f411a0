// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.backups;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.tidemark.cli.output.Output;
import org.tidemark.cli.output.Output.Manner;
import org.tidemark.cli.output.Output.Verbosity;
import org.tidemark.cli.output.OutputFormat;
import org.tidemark.cli.output.Paint;
import org.tidemark.core.CopyableLines;
import org.tidemark.core.WalFile;
import org.tidemark.operations.backups.BackupRun.Observer.Taking;

class BackupOutputTest {
    private static final WalFile WAL = WalFile.parse("000000010000000000000003");

    @Test
    void aLongWaitIsShownEachTimeItHasDoubledAndItsHintOnce() {
        ByteArrayOutputStream talk = new ByteArrayOutputStream();
        try (Taking backup = output(talk).taking(List.of("local"))) {
            for (int second = 0; second <= 45; second++) {
                backup.awaitingWal(WAL, "local", Duration.ofSeconds(second), "Look into the log.");
            }
            backup.awaitingWal(WAL, "local", Duration.ofSeconds(1), "Look elsewhere.");
            backup.awaitingWal(WAL, "local", Duration.ofSeconds(12), "Look elsewhere.");
        }

        assertThat(talk.toString(StandardCharsets.UTF_8).lines())
                .containsExactly(
                        "waiting for '" + WAL.name() + "' to be archived in 'local': no WAL has arrived there for 10s",
                        "HINT: Look into the log.",
                        "waiting for '" + WAL.name() + "' to be archived in 'local': no WAL has arrived there for 20s",
                        "waiting for '" + WAL.name() + "' to be archived in 'local': no WAL has arrived there for 40s",
                        "waiting for '" + WAL.name() + "' to be archived in 'local': no WAL has arrived there for 12s",
                        "HINT: Look elsewhere.");
    }

    private static BackupOutput output(ByteArrayOutputStream talk) {
        return new BackupOutput(new Output(
                new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8),
                new PrintStream(talk, true, StandardCharsets.UTF_8),
                new Manner(
                        OutputFormat.TEXT,
                        Verbosity.NORMAL,
                        Paint.NONE,
                        Paint.NONE,
                        false,
                        new CopyableLines("tidemark", Optional::empty, Optional.empty(), List.of(), List.of()))));
    }
}
