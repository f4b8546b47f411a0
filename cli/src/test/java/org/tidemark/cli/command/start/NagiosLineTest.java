// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.start;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.tidemark.core.ClusterName;
import org.tidemark.core.Finding;
import org.tidemark.core.Measure;
import org.tidemark.core.Threshold;
import org.tidemark.watch.check.CheckReport;

class NagiosLineTest {
    private static NagiosLine line(Finding... findings) {
        return NagiosLine.of(new CheckReport(new ClusterName("main"), List.of("local"), List.of(findings), List.of()));
    }

    @Test
    void theWorstFindingsAreTheTextAndAllNumbersAreTheData() {
        NagiosLine line = line(
                Finding.ok("free-space", "plenty")
                        .with(Measure.FREE, 70, Threshold.below(15, 5))
                        .with(Measure.TOTAL, 100)
                        .of("near by"),
                Finding.warning("wal", "late", "Look.").with(Measure.AGE, 950, Threshold.warnAbove(900)),
                Finding.critical("backup", "none", "Take one."),
                Finding.critical("server", "down", "Start it."));

        assertThat(line.status()).isEqualTo(2);
        assertThat(line.text())
                .isEqualTo("TIDEMARK CRITICAL - main: server: down; backup: none"
                        + " | critical=2;;0;0 warning=1;0;;0 ok=1"
                        + " near_by_free-space_freeBytes=70B;15:;5:;0 near_by_free-space_totalBytes=100B"
                        + " wal_ageSeconds=950s;900;;0");
    }

    @Test
    void noTextBreaksTheLineOrBeginsTheDataTooEarly() {
        NagiosLine line = line(Finding.warning("archiving", "'cat %p | gzip'\nfails\t" + "x".repeat(5_000), "Look."));

        assertThat(line.status()).isEqualTo(1);
        assertThat(line.text().lines()).hasSize(1);
        assertThat(line.text()).startsWith("TIDEMARK WARNING - main: archiving: 'cat %p / gzip' fails xxx");
        assertThat(line.text().split("\\|", -1)).hasSize(2);
        assertThat(line.text()).hasSizeLessThan(800);
        assertThat(NagiosLine.unknown("a | b\nc")).isEqualTo(new NagiosLine("TIDEMARK UNKNOWN - a / b c", 3));
    }

    @Test
    void whereAllIsWellTheChecksAreCounted() {
        assertThat(line(Finding.ok("wal", "new"), Finding.ok("backup", "new")))
                .isEqualTo(
                        new NagiosLine("TIDEMARK OK - main: 2 checks passed | critical=0;;0;0 warning=0;0;;0 ok=2", 0));
    }
}
