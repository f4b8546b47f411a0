// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.verify;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.IncarnationListing;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.Mark.BackupMarks;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.config.RepositorySettings;
import org.tidemark.recoverability.CatalogSnapshot;
import org.tidemark.session.Session;

/**
 * Tells a verification of one repository whether the WAL of a backup is whole, by the rule of a restore. Lists the WAL
 * of an incarnation when it is asked for the first time. Used by one thread.
 */
final class WalOfBackups {
    private final Session session;
    private final RepositorySettings settings;
    private final Map<IncarnationKeys, Optional<CatalogSnapshot>> listed = new HashMap<>();

    WalOfBackups(Session session, RepositorySettings settings) {
        this.session = session;
        this.settings = settings;
    }

    /** Whether the backup can be made consistent with what this repository holds. */
    boolean isWhole(IncarnationKeys incarnation, BaseBackup backup) throws IOException {
        Optional<CatalogSnapshot> snapshot = listed.get(incarnation);
        if (snapshot == null) {
            snapshot = list(incarnation);
            listed.put(incarnation, snapshot);
        }
        return snapshot.stream()
                .anyMatch(all -> all.backupsById().getOrDefault(backup.id().value(), List.of()).stream()
                        .anyMatch(each -> all.missingWal(each).isEmpty()));
    }

    private Optional<CatalogSnapshot> list(IncarnationKeys incarnation) throws IOException {
        Optional<ClusterArchive> archive =
                session.repository(settings).incarnation(incarnation.cluster(), incarnation.system());
        if (archive.isEmpty()) {
            return Optional.empty();
        }
        BackupCatalog backups = session.backups(archive.get());
        return Optional.of(CatalogSnapshot.of(
                settings.name(),
                IncarnationListing.of(
                        archive.get().identity(), archive.get().wal().inventory(), backups.list(), BackupMarks.NONE)));
    }
}
