// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.wal;

import java.io.IOException;
import java.util.List;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.DamagedWal;
import org.tidemark.catalog.IncarnationListing;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.backup.Mark.Searched;
import org.tidemark.catalog.wal.RepositoryWal;
import org.tidemark.recoverability.CatalogSnapshot;

/**
 * What one repository holds of one incarnation.
 *
 * @param repository its name in plans
 * @param entries its backups, as they were listed
 * @param catalog its backups and its histories, with the beginning of each timeline's WAL alone
 * @param wal lists more of it
 * @param damaged segments that are there, and do not count
 */
public record Holding(
        String repository,
        ClusterArchive archive,
        BackupCatalog backups,
        List<CatalogEntry> entries,
        CatalogSnapshot catalog,
        RepositoryWal wal,
        DamagedWal damaged,
        List<Searched.Range> searched) {
    public Holding {
        entries = List.copyOf(entries);
        searched = List.copyOf(searched);
    }

    /** Reads all that a plan needs of a repository but its WAL, which is listed when its place is known. */
    public static Holding of(String repository, ClusterArchive archive, BackupCatalog backups) throws IOException {
        return of(repository, archive, backups, backups.list());
    }

    /** The same, where the backups were listed a moment ago. */
    public static Holding of(
            String repository, ClusterArchive archive, BackupCatalog backups, List<CatalogEntry> entries)
            throws IOException {
        IncarnationListing.Read read = IncarnationListing.read(archive, backups, entries);
        return new Holding(
                repository,
                archive,
                backups,
                entries,
                CatalogSnapshot.of(repository, read.listing()).withTimes(new TimesInWal(archive)),
                read.wal(),
                read.damaged(),
                read.listing().marks().searched());
    }
}
