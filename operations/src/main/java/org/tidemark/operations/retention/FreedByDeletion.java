// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.retention;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.config.RepositorySettings;
import org.tidemark.operations.Session;
import org.tidemark.operations.backups.BackupListing;
import org.tidemark.operations.backups.ListedBackup;
import org.tidemark.retention.RetentionCatalog;
import org.tidemark.retention.RetentionPlanner;

/** What {@code delete ID} would free, by the rule by which it plans. */
public final class FreedByDeletion {
    private FreedByDeletion() {}

    /** By the repository; without those whose marks cannot be read, where nothing could be deleted. */
    public static Map<String, RetentionTotals> of(
            Session session, BackupListing listing, ListedBackup backup, Instant now) {
        OtherRepositories others = OtherRepositories.listed(session, listing, now);
        Map<String, RetentionTotals> freed = new LinkedHashMap<>();
        for (RepositorySettings each : session.repositorySettings()) {
            for (ClusterArchive archive : listing.marks().keySet()) {
                if (archive.identity().system().equals(backup.system())
                        && listing.repositoryOf(archive).equals(each.name())
                        && backup.repositories().contains(each.name())) {
                    RetentionCatalog catalog = ListedCatalog.of(listing, archive, now);
                    freed.put(
                            each.name(),
                            RetentionTotals.leaving(RetentionPlanner.without(
                                    Set.of(backup.id()),
                                    catalog,
                                    others.awaited(each, archive, catalog).walAlone(),
                                    now)));
                }
            }
        }
        return freed;
    }
}
