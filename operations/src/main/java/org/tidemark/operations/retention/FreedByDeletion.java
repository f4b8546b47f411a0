// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.retention;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.backup.Mark.BackupMarks;
import org.tidemark.operations.backups.BackupListing;
import org.tidemark.operations.backups.ListedBackup;
import org.tidemark.operations.backups.StoredBackup;
import org.tidemark.retention.CatalogReading;
import org.tidemark.retention.RetentionPlanner;

/** What {@code delete ID} would free, by the rule by which it plans. */
public final class FreedByDeletion {
    private FreedByDeletion() {}

    /** By the repository; without those whose marks cannot be read, where nothing could be deleted. */
    public static Map<String, RetentionTotals> of(BackupListing listing, ListedBackup backup, Instant now) {
        Map<String, RetentionTotals> freed = new LinkedHashMap<>();
        for (Map.Entry<ClusterArchive, BackupMarks> each : listing.marks().entrySet()) {
            ClusterArchive archive = each.getKey();
            String repository = listing.repositoryOf(archive);
            if (archive.identity().system().equals(backup.system())
                    && backup.repositories().contains(repository)) {
                List<CatalogEntry> entries = listing.stored().stream()
                        .filter(stored -> stored.archive() == archive)
                        .map(StoredBackup::entry)
                        .toList();
                freed.put(
                        repository,
                        RetentionTotals.leaving(RetentionPlanner.without(
                                Set.of(backup.id()),
                                CatalogReading.ofListed(
                                        archive,
                                        entries,
                                        each.getValue(),
                                        Objects.requireNonNull(
                                                listing.inventories().get(archive), "listed with its marks"),
                                        now),
                                now)));
            }
        }
        return freed;
    }
}
