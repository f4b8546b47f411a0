// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.wal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;

class LogLinesTest {
    @Test
    void eachLineBeginsWithATimeAndTheCommand() {
        ByteArrayOutputStream log = new ByteArrayOutputStream();
        Clock clock = Clock.fixed(Instant.parse("2026-11-20T18:10:29.155Z"), ZoneOffset.UTC);
        try (PrintStream lines =
                new PrintStream(new LogLines(log, "tidemark wal-push[4711]: ", clock), true, StandardCharsets.UTF_8)) {
            lines.println("ERROR: one");
            lines.print("HINT: tw");
            lines.println("o\nand three");
        }

        assertThat(log.toString(StandardCharsets.UTF_8)).isEqualTo("""
                2026-11-20 18:10:29Z tidemark wal-push[4711]: ERROR: one
                2026-11-20 18:10:29Z tidemark wal-push[4711]: HINT: two
                2026-11-20 18:10:29Z tidemark wal-push[4711]: and three
                """);
    }
}
