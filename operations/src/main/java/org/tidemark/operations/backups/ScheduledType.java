// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.backups;

import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.tidemark.backup.BackupListener;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.config.ClusterSettings;
import org.tidemark.config.RepositorySettings;
import org.tidemark.config.ScheduleSettings;
import org.tidemark.config.ScheduleSettings.FullBackups;
import org.tidemark.operations.Session;

/** The type of a backup of which nobody said it: the schedule of the cluster says which ones are full. */
record ScheduledType(Session session, Instant now) {
    /**
     * Full if one of the repositories has no full backup since the last time at which one was due.
     *
     * @param listener is told why it is full, if the schedule says so
     */
    BaseBackup.Type of(List<RepositorySettings> repositories, BackupListener listener) throws IOException {
        FullBackups full = session.cluster()
                .flatMap(ClusterSettings::schedule)
                .map(ScheduleSettings::full)
                .orElse(new FullBackups.All());
        return switch (full) {
            case FullBackups.All _ -> BaseBackup.Type.FULL;
            case FullBackups.First _ -> BaseBackup.Type.INCREMENTAL;
            case FullBackups.AfterEach(var times) -> {
                Optional<Instant> due = times.last(now);
                for (RepositorySettings each : repositories) {
                    if (due.isPresent() && !hasFull(each, due.get())) {
                        listener.type(
                                BaseBackup.Type.FULL,
                                "'" + each.name() + "' has no full backup since " + due.get()
                                        + ", when the schedule asked for one");
                        yield BaseBackup.Type.FULL;
                    }
                }
                yield BaseBackup.Type.INCREMENTAL;
            }
        };
    }

    private boolean hasFull(RepositorySettings settings, Instant since) throws IOException {
        for (ClusterArchive archive : session.incarnations(session.repository(settings))) {
            if (session.backups(archive).list().stream()
                    .anyMatch(each -> each instanceof CatalogEntry.Published published
                            && published.backup().run().isSince(since, now)
                            && refersToNothingBefore(since, published.backup()))) {
                return true;
            }
        }
        return false;
    }

    /** The full backup itself may have expired since. */
    private static boolean refersToNothingBefore(Instant since, BaseBackup backup) {
        return backup.objects()
                .lineage()
                .map(lineage -> !lineage.oldestFrame().started().isBefore(since.truncatedTo(ChronoUnit.SECONDS)))
                .orElse(true);
    }
}
