// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.layout.ScheduledTask;
import org.tidemark.config.CronSchedule;
import org.tidemark.config.ScheduleSettings;
import org.tidemark.config.ScheduleSettings.FullBackups;
import org.tidemark.core.Finding;
import org.tidemark.core.Finding.Severity;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.server.ServerSettings;

class SummarizeWalCheckTest {
    private static final Instant NOW = Instant.parse("2026-11-26T12:00:00Z");

    private static List<Finding> findings(Map<String, String> settings, FullBackups full, String backup) {
        ServerSettings server = new ServerSettings(new SystemIdentifier(1), 180_000, false, settings, List.of());
        ScheduleSettings schedule = new ScheduleSettings(
                Map.of(ScheduledTask.BACKUP, CronSchedule.parse(backup, ZoneOffset.UTC)),
                Optional.empty(),
                full,
                1,
                true);
        return SummarizeWalCheck.of(server, Optional.of(schedule), NOW);
    }

    private static List<Finding> findings(String summarize, String keptMinutes, String backup) {
        return findings(
                Map.of("summarize_wal", summarize, "wal_summary_keep_time", keptMinutes),
                new FullBackups.First(),
                backup);
    }

    @Test
    void incrementsNeedSummariesThatReachBackToTheLastBackup() {
        assertThat(findings("on", "14400", "30 2 * * *"))
                .extracting(Finding::severity)
                .containsExactly(Severity.OK);
        assertThat(findings("on", "0", "30 2 1 * *"))
                .as("they are kept for ever")
                .extracting(Finding::severity)
                .containsExactly(Severity.OK);
        assertThat(findings("off", "14400", "30 2 * * *"))
                .extracting(Finding::message)
                .containsExactly("summarize_wal is off: for each incremental backup, PostgreSQL sends every file");
        assertThat(findings("on", "14400", "30 2 1 * *").getFirst())
                .satisfies(each -> assertThat(each.message())
                        .contains("wal_summary_keep_time is 10d00h", "two scheduled backups are up to 31d00h apart"))
                .satisfies(each -> assertThat(each.hint()).contains("= '64d'"));
    }

    @Test
    void theLongestTimeBetweenBackupsCounts() {
        assertThat(findings("on", "2880", "30 2 * * 1-5").getFirst().message())
                .as("the weekend, seen on a Thursday")
                .contains("up to 3d00h apart");
    }

    @Test
    void withoutIncrementsOrBefore17ThereIsNothingToSay() {
        assertThat(findings(Map.of("summarize_wal", "off"), new FullBackups.All(), "30 2 * * *"))
                .isEmpty();
        assertThat(findings(Map.of(), new FullBackups.First(), "30 2 * * *")).isEmpty();
    }
}
