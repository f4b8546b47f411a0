// SPDX-License-Identifier: Apache-2.0
package org.tidemark.walsearch;

import java.io.IOException;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.UserFacingException;
import org.tidemark.image.BackupImage;
import org.tidemark.image.BackupSources;
import org.tidemark.postgres.ControlFile;
import org.tidemark.postgres.names.RelationNames;

/** The names of relations as a backup has them. */
public final class BackupNames {
    /** pg_class of 100,000 relations has 18 MB. */
    private static final long CACHE_BYTES = 32L << 20;

    private BackupNames() {}

    /**
     * Reads them from the catalogs in the backup's files.
     *
     * @throws UserFacingException if the backup cannot be read, also for want of a private key
     */
    public static RelationNames read(BackupSources sources, BackupId id) {
        try {
            BaseBackup backup = sources.read(each -> each.read(id));
            BackupImage image = BackupImage.open(sources, backup, CACHE_BYTES);
            ImageFiles files = new ImageFiles(image);
            byte[] control = image.find(ControlFile.PATH)
                    .map(BackupImage.File.class::cast)
                    .map(image::open)
                    .orElseThrow(() -> new IOException("the backup has no " + ControlFile.PATH))
                    .readAll();
            return RelationNames.read(
                    files,
                    ControlFile.parse(control, ControlFile.PATH),
                    backup.wal().start());
        } catch (IOException e) {
            throw StorageErrors.explain(e);
        }
    }
}
