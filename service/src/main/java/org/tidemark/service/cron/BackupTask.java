// SPDX-License-Identifier: Apache-2.0
package org.tidemark.service.cron;

import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.HeldStore.Hold;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.layout.ScheduledTask;
import org.tidemark.config.CronSchedule;
import org.tidemark.config.RepositorySettings;
import org.tidemark.operations.backups.BackupRun;
import org.tidemark.session.Session;

/**
 * A backup into all repositories.
 *
 * @param tool the program's version, stored in backups
 */
record BackupTask(
        Session session,
        Clock clock,
        String tool,
        Optional<CronSchedule> schedule,
        LateBackups late,
        CronRun.Observer observer)
        implements Task {
    @Override
    public ScheduledTask name() {
        return ScheduledTask.BACKUP;
    }

    @Override
    public List<RepositorySettings> repositories() {
        return session.repositorySettings();
    }

    @Override
    public Optional<String> repository() {
        return Optional.empty();
    }

    @Override
    public Done work(Hold hold) throws IOException {
        try (Session held = session.held(hold)) {
            BackupRun.Result result =
                    new BackupRun(held, clock, tool, observer.backup()).run(BackupRun.Wanted.SCHEDULED);
            return new Done(new Report.BackedUp(result), result.status(), Optional.empty());
        }
    }

    /**
     * A backup that somebody took since then is one. One that waits for its WAL is completed first; if that cannot be,
     * or its WAL does not come, another one is taken.
     */
    @Override
    public Optional<TaskState> settled(ClusterArchive archive, Instant due, Instant now) throws IOException {
        if (session.backups(archive).list().stream()
                .anyMatch(each -> each instanceof CatalogEntry.Published published
                        && published.backup().run().isSince(due, now))) {
            return Optional.of(new TaskState.Done(due));
        }
        return late.awaited(due, now).map(TaskState.AwaitingWal::new);
    }
}
