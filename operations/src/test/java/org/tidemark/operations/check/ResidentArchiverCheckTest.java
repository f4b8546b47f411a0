// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tidemark.archiver.resident.ResidentService;
import org.tidemark.archiver.resident.ResidentService.Condition;
import org.tidemark.archiver.resident.ResidentState;
import org.tidemark.archiver.resident.ResidentState.Archived;
import org.tidemark.archiver.resident.ResidentState.Trouble;
import org.tidemark.core.Finding;
import org.tidemark.core.Finding.Severity;
import org.tidemark.postgres.RunningProcess;

class ResidentArchiverCheckTest {
    private static final Instant NOW = Instant.parse("2026-11-20T06:30:00Z");

    private static Finding finding(Condition condition, Optional<Trouble> trouble) {
        ResidentState state = new ResidentState(
                new RunningProcess("4711", "1"),
                NOW.minusSeconds(600),
                Optional.of(new Archived("000000010000000000000004", NOW.minusSeconds(7))),
                trouble);
        return ResidentArchiverCheck.finding(
                new ResidentService(state, condition, Path.of("/spool/it's/1.2.asked"), Optional.of(NOW)), NOW);
    }

    @ParameterizedTest
    @CsvSource({
        "GONE, WARNING, was killed, tidemark archiver",
        "STOPPED, WARNING, is suspended (SIGSTOP), kill -CONT 4711",
        "LATE, WARNING, needs more than two seconds for a segment, is slow",
        "WAITING, OK, has been waiting for a call of archive_command since 2026-11-20 06:20:00Z, ''",
        "SERVING, OK, the last one was 000000010000000000000004 at 2026-11-20 06:29:53Z, ''"
    })
    void whatItDoesIsSaidWithWhatToDo(Condition condition, Severity severity, String message, String hint) {
        Finding finding = finding(condition, Optional.empty());

        assertThat(finding.subject()).isEqualTo("resident-archiver");
        assertThat(finding.severity()).isEqualTo(severity);
        assertThat(finding.message()).contains("process 4711", message);
        assertThat(finding.hint()).contains(hint);
    }

    @Test
    void whatNobodyUsesAnyMoreCanBeRemoved() {
        assertThat(finding(Condition.GONE, Optional.empty()).hint()).endsWith("remove '/spool/it'\\''s/1.2.asked'");
    }

    @Test
    void whatHindersItForLongIsAWarningWithTheArchiversOwnHint() {
        for (int seconds : new int[] {59, 60}) {
            Finding finding = finding(
                    Condition.HINDERED,
                    Optional.of(new Trouble(NOW.minusSeconds(seconds), "other values of X", "Set X.")));

            assertThat(finding.message()).startsWith("other values of X (resident archiver, process 4711, since ");
            assertThat(finding.severity()).isEqualTo(seconds < 60 ? Severity.OK : Severity.WARNING);
            assertThat(finding.hint()).isEqualTo(seconds < 60 ? "" : "Set X.");
        }
    }
}
