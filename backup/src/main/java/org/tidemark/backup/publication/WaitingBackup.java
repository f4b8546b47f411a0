// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.publication;

import java.io.IOException;
import java.util.Optional;
import org.tidemark.backup.archiving.RequiredWal;
import org.tidemark.backup.target.ClaimedObjects;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.Intent;
import org.tidemark.catalog.format.StoredObject;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.store.ObjectSource;

/**
 * A backup in one repository whose files are stored, and whose WAL was not all archived when its host looked. Any host
 * can complete it: what {@code backup.json} will say is stored with it, and all who publish it store the same bytes.
 * Immutable.
 */
public final class WaitingBackup {
    private final ClusterArchive archive;
    private final BackupCatalog catalog;
    private final BaseBackup backup;
    private final byte[] document;

    private WaitingBackup(ClusterArchive archive, BackupCatalog catalog, BaseBackup backup, byte[] document) {
        this.archive = archive;
        this.catalog = catalog;
        this.backup = backup;
        this.document = document;
    }

    /** The backup with this id; empty if it does not wait: it was published or removed, or its files are not stored. */
    public static Optional<WaitingBackup> find(ClusterArchive archive, BackupId id) throws IOException {
        BackupCatalog catalog = archive.backups();
        Optional<byte[]> document = catalog.waiting(id);
        if (document.isEmpty()) {
            return Optional.empty();
        }
        BaseBackup backup = catalog.describe(id, document.get());
        return Optional.of(new WaitingBackup(archive, catalog, backup, document.get()));
    }

    /** The content of its future {@code backup.json}. */
    public BaseBackup backup() {
        return backup;
    }

    /**
     * The first file that it needs and that is not archived; empty if it can be published.
     *
     * @throws UserFacingException {@link ExitCode#WAL_MISSING} if an expiry removed WAL that it needs: it waits in vain
     */
    public Optional<WalFile> missing() throws IOException {
        Optional<WalFile> missing = wal().missing();
        if (missing.isPresent()) {
            wal().requireNotRemoved();
        }
        return missing;
    }

    private RequiredWal wal() {
        return new RequiredWal(archive, backup.wal());
    }

    /**
     * Publishes the backup, after the checks that the host makes that took it. Does nothing new if another host does
     * the same.
     *
     * @throws UserFacingException {@link ExitCode#WAL_NOT_ARCHIVED} if WAL is still missing, WAL_MISSING if an expiry
     *     removed it, {@link ExitCode#BACKUP_FAILED} if one of its objects is lost, another backup owns the id, or
     *     {@link Intent#PUBLICATION_LIMIT} has passed: then it can never be published
     */
    public void publish() throws IOException {
        Optional<WalFile> missing = missing();
        if (missing.isPresent()) {
            throw new UserFacingException(
                    ExitCode.WAL_NOT_ARCHIVED,
                    "'" + missing.get().name() + "', which backup '" + backup.id() + "' needs, is not archived",
                    "See what 'SELECT * FROM pg_stat_archiver' and 'tidemark check' say.");
        }
        wal().requireNotRemoved();
        requireOwner();
        new PublicationChecks(archive.repository(), backup)
                .require(catalog.bundles(backup).values());
        if (archive.repository().store().stat(backup.keys().tombstone()).isPresent()) {
            throw new UserFacingException(
                    ExitCode.NO_BACKUP,
                    "backup '" + backup.id() + "' was completed and removed meanwhile",
                    "List the backups with: tidemark list-backup");
        }
        ObjectSource source = ObjectSource.of(document);
        new ClaimedObjects(archive.repository().store()).put(backup.keys().backup(), source, StoredObject.of(source));
    }

    private void requireOwner() throws IOException {
        Optional<Intent> claimed = catalog.intent(backup.id());
        if (claimed.isEmpty() || !claimed.get().nonce().equals(backup.objects().nonce())) {
            throw new UserFacingException(
                    ExitCode.BACKUP_FAILED,
                    "the id '" + backup.id() + "' is not claimed by the backup that waits under it in "
                            + archive.repository().store().description(),
                    "Take the backup again.");
        }
    }
}
