// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.layout;

import java.util.Locale;
import java.util.Optional;

/** What {@code cron} does by schedule, as the format names it. */
public enum ScheduledTask {
    BACKUP,
    EXPIRE,
    VERIFY,
    DRILL;

    /** The task that is called {@code name} in keys and settings. */
    public static Optional<ScheduledTask> of(String name) {
        for (ScheduledTask task : values()) {
            if (task.toString().equals(name)) {
                return Optional.of(task);
            }
        }
        return Optional.empty();
    }

    /** As it stands in keys and settings. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
