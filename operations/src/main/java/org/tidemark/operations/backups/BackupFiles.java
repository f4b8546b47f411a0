// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.backups;

import java.io.IOException;
import java.util.List;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.backup.ManifestReader;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.session.reading.StoredBackup;

/**
 * The files, directories and links of one backup.
 *
 * @param repository where they are read
 * @param manifest gives them one by one, while the session is open
 */
public record BackupFiles(BaseBackup backup, String repository, ManifestReader manifest) {
    public BackupId id() {
        return backup.id();
    }

    /**
     * Those of the first copy whose description can be read.
     *
     * @param copies of one backup, as {@link BackupChoice} finds them; at least one
     * @throws UserFacingException NO_BACKUP if it is incomplete, DAMAGED if no description can be read
     */
    public static BackupFiles of(List<StoredBackup> copies) throws IOException {
        StoredBackup chosen = copies.stream()
                .filter(copy -> copy.entry() instanceof CatalogEntry.Published)
                .findFirst()
                .orElse(copies.getFirst());
        return switch (chosen.entry()) {
            case CatalogEntry.Published readable ->
                new BackupFiles(
                        readable.backup(),
                        chosen.repository(),
                        chosen.archive().backups().manifest(readable.backup()));
            case CatalogEntry.Unpublished _ -> throw BackupChoice.notABackup(copies);
            case CatalogEntry.Unreadable unreadable ->
                throw new UserFacingException(
                        ExitCode.DAMAGED,
                        "the description of backup '" + unreadable.id() + "' cannot be read: " + unreadable.problem(),
                        "See what is damaged with: tidemark verify " + unreadable.id());
        };
    }
}
