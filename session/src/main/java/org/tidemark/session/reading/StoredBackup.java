// SPDX-License-Identifier: Apache-2.0
package org.tidemark.session.reading;

import java.io.IOException;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.SystemIdentifier;

/**
 * One repository's copy of a backup. Immutable.
 *
 * @param repository as it is configured, or its address
 */
public record StoredBackup(String repository, ClusterArchive archive, CatalogEntry entry) {
    public BackupId id() {
        return entry.id();
    }

    /**
     * The length of the stored objects that belong to other backups and that this one refers to. Reads its list of
     * bundles; nothing if it is not published.
     */
    public long sharedBytes() throws IOException {
        return entry instanceof CatalogEntry.Published published
                ? archive.backups().bundles(published.backup()).values().stream()
                        .filter(each -> !each.id().equals(id()))
                        .mapToLong(each -> each.object().sizeBytes())
                        .sum()
                : 0;
    }

    public SystemIdentifier system() {
        return archive.identity().system();
    }
}
