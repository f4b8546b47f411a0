// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.retention;

import java.util.LinkedHashMap;
import java.util.Map;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.operations.backups.ListedBackup;
import org.tidemark.retention.ExpiryOutlook;
import org.tidemark.retention.RetentionPlan;
import org.tidemark.retention.RetentionPlan.BackupFate;
import org.tidemark.session.Session;
import org.tidemark.session.reading.ClusterReading;
import org.tidemark.session.reading.IncarnationReading;

/**
 * What becomes of the backups of a reading, by the policy of each repository that has one. Besides it, only
 * repositories of the cluster are read that are not in it, and only where something would go. Immutable.
 */
public final class BackupFates {
    private final Map<Copy, BackupFate> fates = new LinkedHashMap<>();

    private record Copy(String repository, SystemIdentifier system, BackupId id) {}

    private BackupFates() {}

    /** Plans by a reading of the session's repositories. Where marks cannot be read, nothing is said. */
    public static BackupFates of(Session session, ClusterReading reading) {
        OtherRepositories others = OtherRepositories.of(session, reading);
        BackupFates fates = new BackupFates();
        for (RepositorySettings each : session.repositorySettings()) {
            if (each.retention().policy().isEmpty()) {
                continue;
            }
            for (IncarnationReading there : reading.all()) {
                if (there.repository().equals(each.name())
                        && there.unreadMarks().isEmpty()) {
                    ExpiryOutlook outlook = ExpiryOutlook.of(
                            ExpiryOutlook.byPolicy(each.retention()),
                            ListedCatalog.of(there),
                            others.beside(each, there.archive()),
                            reading.asOf());
                    fates.add(each.name(), there.archive(), outlook.plan());
                }
            }
        }
        return fates;
    }

    private void add(String repository, ClusterArchive archive, RetentionPlan plan) {
        for (BackupFate fate : plan.backups()) {
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
