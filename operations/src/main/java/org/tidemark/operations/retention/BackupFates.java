// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.retention;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.operations.Session;
import org.tidemark.operations.backups.BackupListing;
import org.tidemark.operations.backups.ListedBackup;
import org.tidemark.operations.backups.StoredBackup;
import org.tidemark.retention.CatalogReading;
import org.tidemark.retention.RetentionPlan.BackupFate;
import org.tidemark.retention.RetentionPlanner;
import org.tidemark.retention.RetentionSettings;

/**
 * What becomes of the backups of a listing, by the policy of each repository that has one. Nothing is read besides the
 * listing. Immutable.
 */
public final class BackupFates {
    private final Map<Copy, BackupFate> fates = new LinkedHashMap<>();

    private record Copy(String repository, SystemIdentifier system, BackupId id) {}

    private BackupFates() {}

    /** Plans by a listing of the session's repositories. Of an archive whose marks cannot be read, nothing is said. */
    public static BackupFates of(Session session, BackupListing listing, Instant now) {
        Map<String, RetentionSettings> settings = new LinkedHashMap<>();
        for (RepositorySettings each : session.repositorySettings()) {
            settings.put(each.name(), each.retention());
        }
        BackupFates fates = new BackupFates();
        listing.marks().forEach((archive, marks) -> {
            List<StoredBackup> stored = listing.stored().stream()
                    .filter(each -> each.archive() == archive)
                    .toList();
            if (stored.isEmpty()) {
                return;
            }
            String repository = stored.getFirst().repository();
            RetentionSettings own = settings.getOrDefault(repository, RetentionSettings.NONE);
            if (own.policy().isPresent()) {
                List<CatalogEntry> entries =
                        stored.stream().map(StoredBackup::entry).toList();
                fates.add(
                        repository,
                        archive,
                        RetentionPlanner.plan(
                                        own,
                                        CatalogReading.ofListed(
                                                archive,
                                                entries,
                                                marks,
                                                Objects.requireNonNull(
                                                        listing.inventories().get(archive), "listed with its marks"),
                                                now),
                                        now)
                                .backups());
            }
        });
        return fates;
    }

    private void add(String repository, ClusterArchive archive, List<BackupFate> all) {
        for (BackupFate fate : all) {
            fates.put(
                    new Copy(
                            repository,
                            archive.identity().system(),
                            fate.backup().id()),
                    fate);
        }
    }

    /** By repository; without those that have no policy. */
    public Map<String, BackupFate> of(ListedBackup backup) {
        Map<String, BackupFate> found = new LinkedHashMap<>();
        for (String repository : backup.repositories()) {
            BackupFate fate = fates.get(new Copy(repository, backup.system(), backup.id()));
            if (fate != null) {
                found.put(repository, fate);
            }
        }
        return found;
    }
}
