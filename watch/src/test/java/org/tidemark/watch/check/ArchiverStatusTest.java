// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.tidemark.config.ClusterSettings.CheckSettings;
import org.tidemark.core.Finding;
import org.tidemark.core.Finding.Severity;
import org.tidemark.core.Lsn;
import org.tidemark.core.Measure;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.watch.check.ReadyFiles.Trend;

class ArchiverStatusTest {
    private static final Instant NOW = Instant.parse("2026-11-20T06:30:00Z");
    private static final Optional<String> FIRST = Optional.of("000000010000000000000001");

    private static Finding finding(
            Optional<String> archived,
            Optional<Instant> archivedTime,
            Optional<Instant> failedTime,
            Optional<ReadyFiles> ready,
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
                .finding(WalSegmentSize.DEFAULT, CheckSettings.DEFAULT, Trend.UNKNOWN);
    }

    private static Optional<ReadyFiles> waiting(int files) {
        return Optional.of(
                new ReadyFiles(files, files, files == 0 ? Optional.empty() : Optional.of(NOW.minusSeconds(180))));
    }

    @Test
    void aFailureAfterTheLastSuccessIsCritical() {
        Finding finding = finding(
                FIRST, Optional.of(NOW.minusSeconds(60)), Optional.of(NOW.minusSeconds(5)), waiting(0), "0/2000100");

        assertThat(finding.severity()).isEqualTo(Severity.CRITICAL);
        assertThat(finding.message()).contains("3 failures");
    }

    @Test
    void filesThatWaitWithoutAFailureMeanThatTheArchiverDies() {
        Finding finding = finding(Optional.empty(), Optional.empty(), Optional.empty(), waiting(2), "0/4000100");

        assertThat(finding.severity()).isEqualTo(Severity.CRITICAL);
        assertThat(finding.hint()).contains("above 125");
    }

    @Test
    void withoutTheRightToLookThePositionTells() {
        Optional<Instant> longAgo = Optional.of(NOW.minusSeconds(600));

        assertThat(finding(FIRST, longAgo, Optional.empty(), Optional.empty(), "0/4000100")
                        .severity())
                .isEqualTo(Severity.CRITICAL);
        assertThat(finding(FIRST, longAgo, Optional.empty(), Optional.empty(), "0/2000100")
                        .severity())
                .isEqualTo(Severity.OK);
    }

    @Test
    void aFailureBeforeTheLastSuccessIsHistory() {
        assertThat(finding(
                                FIRST,
                                Optional.of(NOW.minusSeconds(5)),
                                Optional.of(NOW.minusSeconds(60)),
                                waiting(0),
                                "0/2000100")
                        .severity())
                .isEqualTo(Severity.OK);
    }

    /** One file was archived a moment ago, and others have waited for long: archiving cannot keep up. */
    private static Finding slow(long oldestSeconds, Trend trend) {
        return new ArchiverStatus(
                        FIRST,
                        Optional.of(NOW.minusSeconds(5)),
                        Optional.empty(),
                        Optional.empty(),
                        0,
                        Optional.of(new ReadyFiles(315, 300, Optional.of(NOW.minusSeconds(oldestSeconds)))),
                        Lsn.parse("1/0"),
                        NOW)
                .finding(WalSegmentSize.DEFAULT, CheckSettings.DEFAULT, trend);
    }

    @Test
    void aBacklogIsToldAlthoughOneFileWasArchivedJustNow() {
        assertThat(slow(600, Trend.UNKNOWN).severity()).isEqualTo(Severity.WARNING);
        assertThat(slow(600, Trend.GROWING).message())
                .isEqualTo("315 files wait to be archived, the oldest for 10m00s, more than before");
        assertThat(slow(600, Trend.GROWING).values())
                .containsEntry(Measure.READY, 315L)
                .containsEntry(Measure.OLDEST_READY, 600L);
        assertThat(slow(600, Trend.SHRINKING).severity()).isEqualTo(Severity.OK);
        assertThat(slow(3600, Trend.GROWING).severity()).isEqualTo(Severity.CRITICAL);
        assertThat(slow(3600, Trend.SHRINKING).severity()).isEqualTo(Severity.WARNING);
    }
}
