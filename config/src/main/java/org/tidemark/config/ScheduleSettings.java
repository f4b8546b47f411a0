// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.time.ZoneId;
import java.util.Map;
import java.util.Optional;
import org.tidemark.catalog.layout.ScheduledTask;

/**
 * When {@code cron} does what for a cluster. Immutable.
 *
 * @param times of each task that is ever done; nothing expires without a retention policy
 * @param verifyBudgetBytes how much one scheduled verification reads from a repository
 */
public record ScheduleSettings(Map<ScheduledTask, CronSchedule> times, long verifyBudgetBytes) {
    static final String DEFAULT_EXPIRE = "47 4 * * *";
    static final String DEFAULT_VERIFY = "17 3 * * *";
    static final long DEFAULT_VERIFY_BUDGET_BYTES = 8L << 30;
    static final ZoneId DEFAULT_ZONE = ZoneId.of("UTC");

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
    }

    /** The schedule of one task. */
    public Optional<CronSchedule> of(ScheduledTask task) {
        return Optional.ofNullable(times.get(task));
    }
}
