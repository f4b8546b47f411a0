// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.time.Instant;
import org.tidemark.catalog.layout.BackupId;

/** What lies under a backup's id. Immutable. */
public sealed interface CatalogEntry {
    BackupId id();

    /** A backup whose {@code backup.json} exists and is intact. Its other objects may still be damaged or missing. */
    record Published(BaseBackup backup) implements CatalogEntry {
        @Override
        public BackupId id() {
            return backup.id();
        }
    }

    /**
     * A backup whose {@code backup.json} is there and cannot be used.
     *
     * @param problem says why
     */
    record Unreadable(BackupId id, String problem) implements CatalogEntry {}

    /**
     * No backup: one that is being taken, or that was cut off, or what is left of one that was removed.
     *
     * @param lastStored when the last object in its part of the catalog was stored, by the store's clock
     * @param isRemoved whether it was a backup, and was removed
     */
    record Unpublished(BackupId id, Instant lastStored, boolean isRemoved) implements CatalogEntry {}
}
