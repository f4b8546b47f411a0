// SPDX-License-Identifier: Apache-2.0
package org.tidemark.wal.notices;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LateWarningTest {
    private static final Instant START = Instant.parse("2026-11-20T18:10:00Z");

    @TempDir
    private Path spool;

    private boolean isDue(String repository, int second) {
        return LateWarning.isDue(spool, repository, Clock.fixed(START.plusSeconds(second), ZoneOffset.UTC));
    }

    @Test
    void aLaggingRepositoryIsNamedOnceAMinute() throws Exception {
        isDue("offsite", -3600); // makes the file, with the time of the file system
        assertThat(isDue("local", 0)).isTrue();
        long warnings = 0;
        Instant now = Instant.now().plusSeconds(120);
        for (int second = 0; second < 180; second++) {
            warnings +=
                    LateWarning.isDue(spool, "offsite", Clock.fixed(now.plusSeconds(second), ZoneOffset.UTC)) ? 1 : 0;
        }

        assertThat(warnings).isEqualTo(3);
        try (var files = Files.list(spool.resolve("v1/warned"))) {
            assertThat(files).hasSize(2);
        }
    }

    @Test
    void aSpoolThatCannotBeWrittenHidesNoWarning() throws Exception {
        Files.createFile(spool.resolve("v1"));

        assertThat(isDue("offsite", 0)).isTrue();
        assertThat(isDue("offsite", 1)).isTrue();
    }
}
