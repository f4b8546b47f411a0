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
                .isEqualTo("archive_command runs with a different value of AWS_SESSION_TOKEN, OS_TOKEN for each"
                        + " segment. So wal-push starts Java for each segment, and archives none ahead,"
                        + " since 2026-11-20 06:20:00Z");
        assertThat(problem(Set.of(), "boot 1 2")).contains("different arguments, or different values");
    }

    @Test
    void tellsOfTheShell() {
        assertThat(problem(Set.of(), "")).contains("as busybox does");
    }
}
