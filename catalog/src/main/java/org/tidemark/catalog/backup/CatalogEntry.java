// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.time.Instant;
import java.util.Optional;
import org.tidemark.catalog.format.ChecksummedJson;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.Sha256;

/** What is under a backup's id. Immutable. */
public sealed interface CatalogEntry {
    BackupId id();

    /**
     * A backup whose {@code backup.json} exists and is intact. Its other objects may still be damaged.
     *
     * @param digest with which that document ends: two backups of one id are copies only if it is the same
     * @param objects which of its other objects are there
     */
    record Published(BaseBackup backup, Sha256 digest, BackupObjects objects) implements CatalogEntry {
        /** One whose objects were not listed. */
        public Published(BaseBackup backup, Sha256 digest) {
            this(backup, digest, new BackupObjects.NotListed());
        }

        /** As this version writes the document. */
        public Published(BaseBackup backup) {
            this(backup, ChecksummedJson.digest(backup.encode()));
        }

        /** Which of its objects a listing did not show; empty if it showed all, and if there was none. */
        public Optional<BackupObjects.Lacking> lacking() {
            return objects instanceof BackupObjects.Lacking lacking ? Optional.of(lacking) : Optional.empty();
        }

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
     */
    record Unpublished(BackupId id, Instant lastStored, Stage stage) implements CatalogEntry {
        /** Whether it was a backup, and was removed. */
        public boolean isRemoved() {
            return stage == Stage.REMOVED;
        }
    }

    /** How far a backup has come that does not exist. */
    enum Stage {
        /** It is being taken, or it was cut off. */
        UNFINISHED,
        /** Its files are stored, and what {@code backup.json} will say: it can be published once its WAL is there. */
        WAITING,
        /** It existed, and was removed: this is what is left of it. */
        REMOVED
    }
}
