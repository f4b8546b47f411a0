// SPDX-License-Identifier: Apache-2.0
package org.tidemark.retention;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.retention.RetentionCatalog.PublishedBackup;
import org.tidemark.retention.RetentionPlan.Reason;

/** Keeps the newest backup that is good while the newest of all is not good. If no backup is good, it keeps none. */
final class QualityRule implements KeepingRule {
    private final Optional<PublishedBackup> good;
    private final List<Reason> reasons;

    private QualityRule(
            List<PublishedBackup> usable, Predicate<PublishedBackup> isGood, Function<BackupId, Reason> reason) {
        Optional<PublishedBackup> newest = usable.stream().max(BackupPath.BY_END);
        this.good = newest.filter(isGood.negate())
                .flatMap(_ -> usable.stream().filter(isGood).max(BackupPath.BY_END));
        this.reasons = newest.map(each -> reason.apply(each.id())).stream().toList();
    }

    /**
     * One that verify has read: an expiry does not wait for verify, and the last backup whose data somebody has seen
     * must not go for one that nobody has read.
     */
    static QualityRule verified(List<PublishedBackup> usable) {
        return new QualityRule(usable, PublishedBackup::isVerified, Reason.NewestVerified::new);
    }

    /** One without damaged pages of the cluster. */
    static QualityRule sound(List<PublishedBackup> usable) {
        return new QualityRule(usable, each -> !each.hasDamagedPages(), Reason.NewestSound::new);
    }

    @Override
    public List<Reason> reasons(PublishedBackup backup) {
        return good.filter(backup::equals).isPresent() ? reasons : List.of();
    }
}
