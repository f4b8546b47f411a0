// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.retention;

import java.time.Instant;
import java.util.Objects;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.operations.backups.BackupListing;
import org.tidemark.operations.backups.StoredBackup;
import org.tidemark.retention.CatalogReading;
import org.tidemark.retention.RetentionCatalog;

/** What a listing says of an archive, as far as retention asks. */
final class ListedCatalog {
    private ListedCatalog() {}

    /** Of an archive whose marks were read. */
    static RetentionCatalog of(BackupListing listing, ClusterArchive archive, Instant now) {
        return CatalogReading.ofListed(
                archive,
                listing.stored().stream()
                        .filter(each -> each.archive() == archive)
                        .map(StoredBackup::entry)
                        .toList(),
                Objects.requireNonNull(listing.marks().get(archive), "read"),
                Objects.requireNonNull(listing.inventories().get(archive), "listed with its marks"),
                now);
    }
}
