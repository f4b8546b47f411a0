// SPDX-License-Identifier: Apache-2.0
package org.tidemark.retention;

import java.util.List;
import java.util.Optional;
import org.tidemark.retention.RetentionCatalog.PublishedBackup;
import org.tidemark.retention.RetentionPlan.Reason;

/**
 * Keeps the backups that ended last, whatever the policy says and on whichever timeline they are. Backups that the
 * operator keeps are counted, for a recovery can begin with them as well.
 */
final class MinimumRule implements KeepingRule {
    private final int count;
    /** Of those that stay; empty if there are too few. */
    private final Optional<PublishedBackup> oldest;

    MinimumRule(int count, List<PublishedBackup> usable) {
        this.count = count;
        this.oldest = usable.stream()
                .sorted(BackupPath.BY_END.reversed())
                .skip(count - 1L)
                .findFirst();
    }

    @Override
    public List<Reason> reasons(PublishedBackup backup) {
        return oldest.isEmpty() || BackupPath.BY_END.compare(backup, oldest.get()) >= 0
                ? List.of(new Reason.MinimumRedundancy(count))
                : List.of();
    }
}
