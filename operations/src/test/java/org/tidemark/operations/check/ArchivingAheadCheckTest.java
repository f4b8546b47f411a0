// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.tidemark.archiver.ahead.UnusedNotes;
import org.tidemark.core.Finding;
import org.tidemark.core.Finding.Severity;

class ArchivingAheadCheckTest {
    private static final Instant SINCE = Instant.parse("2026-11-20T06:20:00Z");

    private static Finding finding(Set<String> names, String line) {
        return ArchivingAheadCheck.finding(new UnusedNotes(SINCE, names, line, Map.of()));
    }

    @Test
    void namesWhatDiffers() {
        Finding finding = finding(Set.of("OS_TOKEN", "AWS_SESSION_TOKEN"), "boot 1 2");

        assertThat(finding.subject()).isEqualTo("archiving-ahead");
        assertThat(finding.severity()).isEqualTo(Severity.WARNING);
        assertThat(finding.message())
                .isEqualTo("archive_command runs with a different value of AWS_SESSION_TOKEN, OS_TOKEN for each"
                        + " segment. So wal-push starts Java for each segment, and archives none ahead,"
                        + " since 2026-11-20 06:20:00Z");
        assertThat(finding(Set.of(), "boot 1 2").message()).contains("different arguments, or different values");
    }

    @Test
    void tellsOfTheShell() {
        assertThat(finding(Set.of(), "").message()).contains("as busybox does");
    }
}
