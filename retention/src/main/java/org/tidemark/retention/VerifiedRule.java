// SPDX-License-Identifier: Apache-2.0
package org.tidemark.retention;

import java.util.List;
import java.util.Optional;
import org.tidemark.retention.RetentionCatalog.PublishedBackup;
import org.tidemark.retention.RetentionPlan.Reason;

/**
 * Keeps the newest backup that verify has read, as long as it has not read the newest of all. An expiry does not wait
 * for verify, and the last backup whose data somebody has seen must not go for one that nobody has read. Where verify
 * has read none, nothing is kept.
 */
final class VerifiedRule implements KeepingRule {
    private final Optional<PublishedBackup> newest;
    private final Optional<PublishedBackup> verified;

    VerifiedRule(List<PublishedBackup> usable) {
        this.newest = usable.stream().max(BackupPath.BY_END);
        this.verified = newest.filter(each -> !each.isVerified())
                .flatMap(
                        _ -> usable.stream().filter(PublishedBackup::isVerified).max(BackupPath.BY_END));
    }

    @Override
    public List<Reason> reasons(PublishedBackup backup) {
        return newest.isPresent() && verified.filter(backup::equals).isPresent()
                ? List.of(new Reason.NewestVerified(newest.get().id()))
                : List.of();
    }
}
