// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.ahead;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class UnusedNotesTest {
    private static final Instant SINCE = Instant.parse("2026-11-20T06:20:00Z");

    private static String problem(Set<String> names, String line) {
        return new UnusedNotes(SINCE, names, line, Map.of()).problem();
    }

    @Test
    void namesWhatDiffers() {
        assertThat(problem(Set.of("OS_TOKEN", "AWS_SESSION_TOKEN"), "boot 1 2"))
                .isEqualTo("the value of AWS_SESSION_TOKEN, OS_TOKEN changes with every call of archive_command. Since"
                        + " 2026-11-20 06:20:00Z, wal-push has started Java for every segment and archived none"
                        + " ahead");
        assertThat(problem(Set.of(), "boot 1 2"))
                .contains("the arguments, or the variables that decide where WAL goes, change");
    }

    @Test
    void tellsOfTheShell() {
        assertThat(problem(Set.of(), "")).contains("such as that of busybox");
    }
}
