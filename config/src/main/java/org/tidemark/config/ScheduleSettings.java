// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.time.Duration;
import java.time.ZoneId;
import java.util.Map;
import java.util.Optional;
import org.tidemark.catalog.layout.ScheduledTask;

/**
 * When {@code cron} does what for a cluster. Immutable.
 *
 * @param times of each task that is ever done; nothing expires without a retention policy
 * @param onGap for how long the newest WAL may be impossible to restore before a backup is taken out of turn; empty if
 *     none is
 * @param full which backups are full if nobody says so
 * @param verifyBudgetBytes how much one scheduled verification reads from a repository
 * @param repairs whether it copies from another repository what it finds damaged or missing
 */
public record ScheduleSettings(
        Map<ScheduledTask, CronSchedule> times,
        Optional<Duration> onGap,
        FullBackups full,
        long verifyBudgetBytes,
        boolean repairs) {
    static final String DEFAULT_EXPIRE = "47 4 * * *";
    static final String DEFAULT_VERIFY = "17 3 * * *";
    static final String DEFAULT_ON_GAP = "15m";
    static final long DEFAULT_VERIFY_BUDGET_BYTES = 8L << 30;
    static final ZoneId DEFAULT_ZONE = ZoneId.of("UTC");

    /** Which backups are full; all others are incremental. */
    public sealed interface FullBackups {
        /** Every backup. */
        record All() implements FullBackups {}

        /** Only where there is no backup to refer to. */
        record First() implements FullBackups {}

        /** The first one after each of these times. */
        record AfterEach(CronSchedule times) implements FullBackups {}
    }

    public ScheduleSettings {
        times = Map.copyOf(times);
    }

    /**
     * Refuses a schedule that cannot be read, or never occurs.
     *
     * @throws org.tidemark.core.UserFacingException with USAGE
     */
    public void requireValid() {
        for (ScheduledTask task : ScheduledTask.values()) {
            of(task).ifPresent(CronSchedule::requireValid);
        }
        if (full instanceof FullBackups.AfterEach(CronSchedule each)) {
            each.requireValid();
        }
    }

    /** Whether some backups are incremental without anybody asking for it. */
    public boolean takesIncrements() {
        return !(full instanceof FullBackups.All);
    }

    /** The schedule of one task. */
    public Optional<CronSchedule> of(ScheduledTask task) {
        return Optional.ofNullable(times.get(task));
    }
}
