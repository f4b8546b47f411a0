// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.backups;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.ExitCode;
import org.tidemark.replicate.ArchiveSync;
import org.tidemark.session.RepositoryReadings;
import org.tidemark.session.Session;
import org.tidemark.store.ObjectInfo;

/**
 * The backups that a repository of the cluster missed, because it was full, read-only or gone when they were taken, and
 * that another one with the same keys has. What was taken before the cluster was registered in a repository is left to
 * {@code sync}: it may be all that there is. Immutable.
 *
 * @param all the newest first
 */
public record MissedBackups(List<Missed> all) {
    /** For so long the program that took a backup may still be copying it. */
    private static final Duration SETTLED = Duration.ofHours(1);

    public MissedBackups {
        all = List.copyOf(all);
    }

    /** A backup that one repository lacks and another one has. */
    public record Missed(BaseBackup backup, RepositorySettings from, RepositorySettings to) {}

    private record Holding(
            RepositorySettings settings,
            ClusterArchive archive,
            Map<BackupId, CatalogEntry> entries,
            Optional<Instant> registered) {
        static Holding of(Session session, RepositorySettings settings, ClusterArchive archive) throws IOException {
            Map<BackupId, CatalogEntry> entries = new HashMap<>();
            session.backups(archive).list().forEach(each -> entries.put(each.id(), each));
            return new Holding(
                    settings,
                    archive,
                    entries,
                    archive.repository()
                            .store()
                            .stat(archive.identity().keys().identity())
                            .map(ObjectInfo::stored));
        }

        boolean mayCopyTo(Holding other) {
            return archive.identity().equals(other.archive.identity())
                    && !archive.repository()
                            .id()
                            .equals(other.archive.repository().id())
                    && settings.hasKeysOf(other.settings);
        }

        boolean missed(BaseBackup backup, Instant now) throws IOException {
            boolean isThere = entries.get(backup.id()) instanceof CatalogEntry.Published
                    || entries.get(backup.id()) instanceof CatalogEntry.Unreadable;
            return !isThere
                    && registered.filter(backup.run().started()::isAfter).isPresent()
                    && !backup.run().ended().plus(SETTLED).isAfter(now)
                    && !ArchiveSync.wasRemoved(backup, archive);
        }
    }

    /** Finds them in the repositories that can be read. */
    public static MissedBackups of(Session session, Instant now) throws IOException {
        List<Holding> holdings = new ArrayList<>();
        RepositoryReadings.of(session, settings -> {
            for (ClusterArchive archive : session.incarnations(session.repository(settings))) {
                holdings.add(Holding.of(session, settings, archive));
            }
        });
        List<Missed> found = new ArrayList<>();
        for (Holding target : holdings) {
            Map<BackupId, Missed> missed = new HashMap<>();
            for (Holding source : holdings) {
                for (CatalogEntry entry :
                        source.mayCopyTo(target) ? source.entries().values() : List.<CatalogEntry>of()) {
                    if (entry instanceof CatalogEntry.Published published
                            && !missed.containsKey(entry.id())
                            && target.missed(published.backup(), now)) {
                        missed.put(entry.id(), new Missed(published.backup(), source.settings(), target.settings()));
                    }
                }
            }
            found.addAll(missed.values());
        }
        found.sort(Comparator.comparing((Missed each) -> each.backup().id()).reversed());
        return new MissedBackups(found);
    }

    /** Copies one of them; empty if it is there now. A failure is told. */
    public static Optional<ExitCode> copy(Missed missed, Session session, BackupRun.Observer observer) {
        return new BackupCopy(session, observer, missed.from(), missed.backup()).to(missed.to());
    }
}
