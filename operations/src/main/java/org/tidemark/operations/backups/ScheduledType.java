// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.backups;

import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.config.ClusterSettings;
import org.tidemark.config.RepositorySettings;
import org.tidemark.config.ScheduleSettings;
import org.tidemark.config.ScheduleSettings.FullBackups;
import org.tidemark.session.Session;

/** The type of a backup of which nobody said it: the schedule of the cluster says which ones are full. */
record ScheduledType(Session session, Instant now) {
    /** The type, and why it is full if the schedule says so. */
    record Choice(BaseBackup.Type type, Optional<String> reason) {
        Choice(BaseBackup.Type type) {
            this(type, Optional.empty());
        }
    }

    /** Full if one of the repositories has no full backup since the last time at which one was due. */
    Choice of(List<RepositorySettings> repositories) throws IOException {
        FullBackups full = session.cluster()
                .flatMap(ClusterSettings::schedule)
                .map(ScheduleSettings::full)
                .orElse(new FullBackups.All());
        return switch (full) {
            case FullBackups.All _ -> new Choice(BaseBackup.Type.FULL);
            case FullBackups.First _ -> new Choice(BaseBackup.Type.INCREMENTAL);
            case FullBackups.AfterEach(var times) -> {
                Optional<Instant> due = times.last(now);
                for (RepositorySettings each : repositories) {
                    if (due.isPresent() && !hasFull(each, due.get())) {
                        yield new Choice(
                                BaseBackup.Type.FULL,
                                Optional.of("'" + each.name() + "' has no full backup since " + due.get()
                                        + ", when the schedule asked for one"));
                    }
                }
                yield new Choice(BaseBackup.Type.INCREMENTAL);
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
