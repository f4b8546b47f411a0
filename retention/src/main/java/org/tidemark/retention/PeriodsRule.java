// SPDX-License-Identifier: Apache-2.0
package org.tidemark.retention;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.tidemark.retention.RetentionCatalog.PublishedBackup;
import org.tidemark.retention.RetentionPlan.Reason;

/**
 * Keeps the last backup of each of the newest periods that have one. Where timelines go on side by side in a period,
 * the last one of each stays. Backups that the operator keeps are counted.
 */
final class PeriodsRule implements KeepingRule {
    private final LongTermRule rule;
    private final List<BackupPath> paths;
    private final TreeMap<String, Set<PublishedBackup>> lastOfPeriod = new TreeMap<>();
    /** Empty if there are fewer periods than the rule counts. */
    private final Optional<String> oldest;

    PeriodsRule(LongTermRule rule, List<BackupPath> paths) {
        this.rule = rule;
        this.paths = paths;
        for (BackupPath path : paths) {
            Set<String> seen = new HashSet<>();
            for (PublishedBackup backup : path.furthestFirst()) {
                String period = rule.cadence().period(backup.ended());
                if (seen.add(period)) {
                    lastOfPeriod.computeIfAbsent(period, any -> new HashSet<>()).add(backup);
                }
            }
        }
        this.oldest =
                lastOfPeriod.descendingKeySet().stream().skip(rule.count() - 1L).findFirst();
    }

    @Override
    public List<Reason> reasons(PublishedBackup backup) {
        String period = rule.cadence().period(backup.ended());
        if (oldest.isPresent() && period.compareTo(oldest.get()) < 0) {
            return List.of();
        }
        boolean last = lastOfPeriod.getOrDefault(period, Set.of()).stream().noneMatch(each -> leads(backup, each));
        return last ? List.of(new Reason.LongTerm(rule, period)) : List.of();
    }

    /** Whether a recovery that begins with one backup passes the other. */
    private boolean leads(PublishedBackup one, PublishedBackup other) {
        return BackupPath.BY_POSITION.compare(other, one) > 0
                && paths.stream().anyMatch(path -> path.contains(one) && path.contains(other));
    }
}
