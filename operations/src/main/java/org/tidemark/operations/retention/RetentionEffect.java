// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.retention;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.tidemark.catalog.IncarnationListing;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.backup.Mark.BackupMarks;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.wal.WalInventory;
import org.tidemark.recoverability.CatalogSnapshot;
import org.tidemark.recoverability.RecoverableIntervals;
import org.tidemark.retention.RetentionCatalog.PublishedBackup;

/**
 * What can be recovered from one repository alone, with all that it holds and with what a plan leaves. Immutable.
 *
 * @param before with all
 * @param after with what stays; the time at which the last segment of an interval was stored is an upper limit
 */
public record RetentionEffect(RecoverableIntervals before, RecoverableIntervals after) {
    /** Compares the two, by the backups and marks that were listed with the plan. */
    static RetentionEffect of(PlannedArchive planned, List<CatalogEntry> entries, BackupMarks marks) {
        Set<BackupId> leaving = new HashSet<>();
        planned.plan().leaving().stream().map(PublishedBackup::id).forEach(leaving::add);
        List<CatalogEntry> staying =
                entries.stream().filter(each -> !leaving.contains(each.id())).toList();
        WalInventory wal = planned.catalog().wal();
        return new RetentionEffect(
                intervals(planned, wal, entries, marks),
                intervals(
                        planned,
                        RemainingWal.of(
                                wal,
                                planned.plan().leavingWal(),
                                planned.catalog().segmentSize()),
                        staying,
                        marks));
    }

    private static RecoverableIntervals intervals(
            PlannedArchive planned, WalInventory wal, List<CatalogEntry> entries, BackupMarks marks) {
        return RecoverableIntervals.of(CatalogSnapshot.of(
                planned.repository(), IncarnationListing.of(planned.archive().identity(), wal, entries, marks)));
    }
}
