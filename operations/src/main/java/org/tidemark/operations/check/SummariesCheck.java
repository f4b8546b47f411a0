// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.check;

import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.layout.ScheduledTask;
import org.tidemark.config.ClusterSettings;
import org.tidemark.config.CronSchedule;
import org.tidemark.config.ScheduleSettings;
import org.tidemark.config.ScheduleSettings.FullBackups;
import org.tidemark.core.Amounts;
import org.tidemark.core.Finding;
import org.tidemark.operations.server.ServerSettings;

/** Whether PostgreSQL 17 and later can tell the next incremental backup what has changed since the one before. */
final class SummariesCheck implements Check<AskedServer> {
    @Override
    public Subject subject() {
        return Subject.SUMMARIES;
    }

    @Override
    public List<Finding> look(AskedServer at) {
        return isHere(at.cluster())
                ? List.of()
                : of(at.settings(), at.cluster().schedule(), at.clock().instant());
    }

    /** For a server whose files this host does not have. Pure. */
    static List<Finding> of(ServerSettings server, Optional<ScheduleSettings> schedule, Instant now) {
        if (!server.shows("summarize_wal")
                || schedule.isEmpty()
                || schedule.get().full() instanceof FullBackups.All) {
            return List.of();
        }
        if (!server.setting("summarize_wal").equals(Optional.of("on"))) {
            return List.of(Subject.SUMMARIES.warning(
                    "summarize_wal is off: for each incremental backup, PostgreSQL sends every file",
                    "Set it in psql: ALTER SYSTEM SET summarize_wal = on; SELECT pg_reload_conf()"));
        }
        Duration kept = Duration.ofMinutes(
                Long.parseLong(server.setting("wal_summary_keep_time").orElse("0")));
        Optional<Duration> pause = schedule.get().of(ScheduledTask.BACKUP).flatMap(times -> pause(times, now));
        if (!kept.isZero() && pause.isPresent() && kept.compareTo(pause.get()) <= 0) {
            return List.of(Subject.SUMMARIES.warning(
                    "wal_summary_keep_time is " + Amounts.duration(kept)
                            + ", and the time between two scheduled backups"
                            + " is " + Amounts.duration(pause.get())
                            + ": for each incremental backup, PostgreSQL sends every file",
                    "Set it in psql to more than that: ALTER SYSTEM SET wal_summary_keep_time = '"
                            + 2 * pause.get().plusDays(1).toDays() + "d'; SELECT pg_reload_conf()"));
        }
        return List.of(Subject.SUMMARIES.ok("PostgreSQL can tell an incremental backup what has changed"));
    }

    /** Then its files are read, if the user may, without asking what has changed. */
    private static boolean isHere(ClusterSettings cluster) {
        return cluster.dataDirectory().filter(Files::isDirectory).isPresent();
    }

    private static Optional<Duration> pause(CronSchedule times, Instant now) {
        Optional<Instant> last = times.last(now);
        return last.flatMap(each -> times.last(each.minusSeconds(1)).map(before -> Duration.between(before, each)));
    }
}
