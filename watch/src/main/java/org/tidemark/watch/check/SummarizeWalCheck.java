// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.layout.ScheduledTask;
import org.tidemark.config.CronSchedule;
import org.tidemark.config.DaysOff;
import org.tidemark.config.ScheduleSettings;
import org.tidemark.core.Amounts;
import org.tidemark.core.Finding;
import org.tidemark.server.ServerSettings;

/** Whether PostgreSQL 17 and later can tell the next incremental backup what has changed since the one before. */
final class SummarizeWalCheck {
    private static final int COMPARED = 10;

    private SummarizeWalCheck() {}

    /** Whether the server knows summaries, and incremental backups are scheduled. */
    static boolean isOfUse(ServerSettings server, Optional<ScheduleSettings> schedule) {
        return server.shows("summarize_wal")
                && schedule.filter(ScheduleSettings::takesIncrements).isPresent();
    }

    /** For a server that sends its files. Pure. */
    static List<Finding> of(ServerSettings server, Optional<ScheduleSettings> schedule, Instant now) {
        if (!isOfUse(server, schedule)) {
            return List.of();
        }
        if (!server.setting("summarize_wal").equals(Optional.of("on"))) {
            return List.of(Subject.SUMMARIZE_WAL.warning(
                    "summarize_wal is off: for each incremental backup, PostgreSQL sends every file",
                    "Set it by: tidemark setup primary. Or in psql: ALTER SYSTEM SET summarize_wal = on; SELECT"
                            + " pg_reload_conf()"));
        }
        Duration kept = Duration.ofMinutes(
                Long.parseLong(server.setting("wal_summary_keep_time").orElse("0")));
        Optional<Duration> pause = schedule.orElseThrow()
                .of(ScheduledTask.BACKUP)
                .flatMap(times -> pause(times.without(DaysOff.NONE), now));
        if (!kept.isZero() && pause.isPresent() && kept.compareTo(pause.get()) <= 0) {
            return List.of(Subject.SUMMARIZE_WAL.warning(
                    "wal_summary_keep_time is " + Amounts.duration(kept)
                            + ", and two scheduled backups are up to " + Amounts.duration(pause.get())
                            + " apart: for each incremental backup, PostgreSQL sends every file",
                    "Set it in psql to more than that: ALTER SYSTEM SET wal_summary_keep_time = '"
                            + 2 * pause.get().plusDays(1).toDays() + "d'; SELECT pg_reload_conf()"));
        }
        return List.of(Subject.SUMMARIZE_WAL.ok("PostgreSQL can tell an incremental backup what has changed"));
    }

    /** The longest time between two of the last backups. */
    private static Optional<Duration> pause(CronSchedule times, Instant now) {
        Optional<Duration> longest = Optional.empty();
        Optional<Instant> later = times.last(now);
        for (int i = 0; i < COMPARED && later.isPresent(); i++) {
            Optional<Instant> before = times.last(later.get().minusSeconds(1));
            if (before.isPresent()) {
                Duration pause = Duration.between(before.get(), later.get());
                longest = longest.filter(each -> each.compareTo(pause) > 0).or(() -> Optional.of(pause));
            }
            later = before;
        }
        return longest;
    }
}
