// SPDX-License-Identifier: Apache-2.0
package org.tidemark.retention;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** Ten thousand backups: a plan that compared each with each would take a quarter of a minute. */
class RetentionScaleTest {
    private static final int BACKUPS = 10_000;
    private static final Instant FIRST = Instant.parse("2020-01-01T00:00:00Z");

    @Test
    void manyBackupsAreSoonPlanned() {
        SimulatedArchive archive = new SimulatedArchive();
        archive.wal(1, 0, FIRST, FIRST.plus(Duration.ofHours(BACKUPS)), Duration.ofHours(1));
        for (int i = 0; i < BACKUPS; i++) {
            archive.backup(1, i, i, FIRST.plus(Duration.ofHours(i)).plusSeconds(60));
        }

        // Not by the clock, which other work on the machine makes longer.
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long begun = threads.getCurrentThreadCpuTime();
        RetentionPlan plan = RetentionPlanner.plan(
                RetentionSettings.NONE.with(RetentionPolicy.parse("RECOVERY WINDOW OF 5000 HOURS")),
                archive.catalog(),
                FIRST.plus(Duration.ofHours(BACKUPS)));

        assertThat(Duration.ofNanos(threads.getCurrentThreadCpuTime() - begun)).isLessThan(Duration.ofSeconds(8));
        assertThat(plan.leaving()).hasSize(4_999);
        assertThat(plan.backups().get(6_000).goes())
                .contains(FIRST.plus(Duration.ofHours(11_001)).plusSeconds(60));
    }
}
