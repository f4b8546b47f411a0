// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.retention;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.tidemark.config.RepositorySettings;
import org.tidemark.operations.backups.ListedBackup;
import org.tidemark.retention.ExpiryOutlook;
import org.tidemark.session.Session;
import org.tidemark.session.reading.ClusterReading;
import org.tidemark.session.reading.IncarnationReading;

/** What {@code delete ID} would free, by the rule by which it plans. */
public final class FreedByDeletion {
    private FreedByDeletion() {}

    /** By the repository; without those whose marks cannot be read, where nothing could be deleted. */
    public static Map<String, RetentionTotals> of(Session session, ClusterReading reading, ListedBackup backup)
            throws IOException {
        OtherRepositories others = OtherRepositories.of(session, reading);
        Map<String, RetentionTotals> freed = new LinkedHashMap<>();
        for (RepositorySettings each : session.repositorySettings()) {
            for (IncarnationReading there : reading.all()) {
                if (there.unreadMarks().isEmpty()
                        && there.identity().system().equals(backup.system())
                        && there.repository().equals(each.name())
                        && backup.repositories().contains(each.name())) {
                    ExpiryOutlook outlook = ExpiryOutlook.of(
                            ExpiryOutlook.named(Set.of(backup.id())),
                            ListedCatalog.of(there),
                            others.beside(each, there.archive()),
                            reading.asOf());
                    freed.put(
                            each.name(),
                            RetentionTotals.leaving(outlook.plan().withUsed(session.backups(there.archive()))));
                }
            }
        }
        return freed;
    }
}
