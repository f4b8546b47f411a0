// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.tidemark.config.ClusterSettings.CheckSettings;
import org.tidemark.core.ClusterName;
import org.tidemark.core.Finding;
import org.tidemark.core.Finding.Severity;
import org.tidemark.watch.check.CheckReport.Backlog;

class BacklogCheckTest {
    private static final Instant NOW = Instant.parse("2026-11-23T10:00:00Z");

    @Test
    void aQueueIsAWarningOnceItIsOlderThanAMinute() {
        assertThat(severity(Duration.ofSeconds(4))).isEqualTo(Severity.OK);
        assertThat(severity(Duration.ofSeconds(60))).isEqualTo(Severity.OK);
        assertThat(severity(Duration.ofSeconds(61))).isEqualTo(Severity.WARNING);
        assertThat(severity(Duration.ofMinutes(16))).isEqualTo(Severity.CRITICAL);
    }

    private static Severity severity(Duration age) {
        List<Finding> findings = new BacklogCheck(
                        new ClusterName("main"), CheckSettings.DEFAULT, Clock.fixed(NOW, ZoneOffset.UTC))
                .findings(new Backlog("offsite", 3, 0, Optional.of(NOW.minus(age)), 0, List.of()), true);
        assertThat(findings).hasSize(1);
        return findings.getFirst().severity();
    }
}
