// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.tidemark.cli.check.CheckFinding.Level;
import org.tidemark.core.Lsn;
import org.tidemark.core.WalSegmentSize;

class ArchiverStatusTest {
    private static final Instant NOW = Instant.parse("2026-11-20T06:30:00Z");
    private static final Optional<String> FIRST = Optional.of("000000010000000000000001");

    private static CheckFinding finding(
            Optional<String> archived,
            Optional<Instant> archivedTime,
            Optional<Instant> failedTime,
            OptionalLong ready,
            String position) {
        return new ArchiverStatus(
                        archived,
                        archivedTime,
                        failedTime.isPresent() ? FIRST : Optional.empty(),
                        failedTime,
                        failedTime.isPresent() ? 3 : 0,
                        ready,
                        Lsn.parse(position),
                        NOW)
                .finding(WalSegmentSize.DEFAULT);
    }

    @Test
    void aFailureAfterTheLastSuccessIsCritical() {
        CheckFinding finding = finding(
                FIRST,
                Optional.of(NOW.minusSeconds(60)),
                Optional.of(NOW.minusSeconds(5)),
                OptionalLong.of(0),
                "0/2000100");

        assertThat(finding.level()).isEqualTo(Level.CRITICAL);
        assertThat(finding.message()).contains("3 failures");
    }

    @Test
    void filesThatWaitWithoutAFailureMeanThatTheArchiverDies() {
        CheckFinding finding =
                finding(Optional.empty(), Optional.empty(), Optional.empty(), OptionalLong.of(2), "0/4000100");

        assertThat(finding.level()).isEqualTo(Level.CRITICAL);
        assertThat(finding.hint()).contains("above 125");
    }

    @Test
    void withoutTheRightToLookThePositionTells() {
        Optional<Instant> longAgo = Optional.of(NOW.minusSeconds(600));

        assertThat(finding(FIRST, longAgo, Optional.empty(), OptionalLong.empty(), "0/4000100")
                        .level())
                .isEqualTo(Level.CRITICAL);
        assertThat(finding(FIRST, longAgo, Optional.empty(), OptionalLong.empty(), "0/2000100")
                        .level())
                .isEqualTo(Level.OK);
    }

    @Test
    void aFailureBeforeTheLastSuccessIsHistory() {
        assertThat(finding(
                                FIRST,
                                Optional.of(NOW.minusSeconds(5)),
                                Optional.of(NOW.minusSeconds(60)),
                                OptionalLong.of(0),
                                "0/2000100")
                        .level())
                .isEqualTo(Level.OK);
    }
}
