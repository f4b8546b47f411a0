// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.retention;

import java.util.List;
import org.tidemark.retention.RetentionPlan;
import org.tidemark.retention.RetentionPlan.BackupFate;
import org.tidemark.retention.RetentionPlan.WalFate;

/**
 * How much stays, or how much goes. Immutable.
 *
 * @param backupBytes as stored
 * @param walBytes as stored, computed from the mean of each run of segments
 */
public record RetentionTotals(long backups, long backupBytes, long segments, long walBytes) {
    public static RetentionTotals staying(RetentionPlan plan) {
        List<BackupFate> backups =
                plan.backups().stream().filter(BackupFate::stays).toList();
        return of(
                backups.size(),
                backups.stream().mapToLong(each -> each.backup().storedBytes()).sum() + plan.usedBytes(),
                plan.wal().stream().filter(WalFate::stays).toList());
    }

    public static RetentionTotals leaving(RetentionPlan plan) {
        return of(plan.leaving().size(), plan.leavingBackupBytes(), plan.leavingWal());
    }

    private static RetentionTotals of(long backups, long backupBytes, List<WalFate> wal) {
        return new RetentionTotals(
                backups,
                backupBytes,
                wal.stream().mapToLong(WalFate::segments).sum(),
                wal.stream().mapToLong(WalFate::storedBytes).sum());
    }
}
