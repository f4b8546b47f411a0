// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.format.StoredObject;
import org.tidemark.core.Sha256;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.restore.target.UnarchivedWal;
import org.tidemark.restore.wal.Holding;
import org.tidemark.store.ObjectSource;

/**
 * Which files of a pg_wal a repository holds with the same content. A repository that does not answer is reported as
 * {@link RestorePreparation#overThoseThatAnswer} needs it.
 */
record ArchivedFiles(List<Holding> holdings) implements UnarchivedWal.Archive {
    @Override
    public boolean holds(WalFile wal, Path file) throws IOException {
        for (Holding each : holdings) {
            try {
                if (holds(each, wal, file)) {
                    return true;
                }
            } catch (IOException | UserFacingException e) {
                throw RestorePreparation.failed(each, e);
            }
        }
        return false;
    }

    /** What is damaged does not count. */
    private static boolean holds(Holding holding, WalFile wal, Path file) throws IOException {
        try {
            Optional<Sha256> stored = switch (wal) {
                case Segment segment when holding.damaged().found().containsKey(segment) -> Optional.empty();
                case Segment segment -> holding.archive().wal().digest(segment);
                case WalFile.TimelineHistoryFile history ->
                    holding.archive().wal().content(history).map(Sha256::of);
                default -> Optional.empty();
            };
            return stored.isPresent()
                    && stored.get()
                            .equals(StoredObject.of(ObjectSource.of(file, Files.size(file)))
                                    .sha256());
        } catch (DamagedObjectException e) {
            return false;
        }
    }
}
