// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.backups;

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

    public SystemIdentifier system() {
        return archive.identity().system();
    }
}
