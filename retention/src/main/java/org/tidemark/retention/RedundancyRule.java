// SPDX-License-Identifier: Apache-2.0
package org.tidemark.retention;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.tidemark.retention.RetentionCatalog.PublishedBackup;
import org.tidemark.retention.RetentionPlan.Reason;
import org.tidemark.retention.RetentionPolicy.Redundancy;

/**
 * Keeps the newest backups on the path to each timeline that is in use: one counts as in use as long as it has
 * something newer than the last of the newest backups. So a timeline that was left at a recovery keeps its backups
 * until there are enough of the new one, and two primaries that archive by mistake do not push each other's backups
 * out. Backups that the operator keeps are not counted.
 */
final class RedundancyRule implements KeepingRule {
    private final int count;
    private final Instant since;
    private final TimelineUse use;
    private final List<Newest> newest;

    /**
     * The newest backups on a path.
     *
     * @param counted those that count, the furthest first
     * @param last of the newest ones; empty if there are too few
     */
    private record Newest(BackupPath path, List<PublishedBackup> counted, Optional<PublishedBackup> last) {
        static Newest of(BackupPath path, int count) {
            List<PublishedBackup> counted = path.furthestFirst().stream()
                    .filter(each -> each.keep().isEmpty())
                    .limit(count)
                    .toList();
            return new Newest(
                    path, counted, counted.size() < count ? Optional.empty() : Optional.of(counted.getLast()));
        }

        /** After how many further backups on the path there are enough without this one. */
        int more(PublishedBackup backup, int count) {
            long newer = counted.stream()
                    .filter(each -> BackupPath.BY_POSITION.compare(each, backup) > 0)
                    .count();
            return (int) (count - newer);
        }

        boolean includes(PublishedBackup backup) {
            return path.contains(backup) && (last.isEmpty() || BackupPath.BY_POSITION.compare(backup, last.get()) >= 0);
        }
    }

    RedundancyRule(Redundancy policy, TimelineUse use, List<BackupPath> paths) {
        this.count = policy.backups();
        this.since = use.reach(policy);
        this.use = use;
        this.newest = paths.stream().map(path -> Newest.of(path, count)).toList();
    }

    @Override
    public List<Reason> reasons(PublishedBackup backup) {
        List<Reason> reasons = new ArrayList<>();
        for (Newest each : newest) {
            if (each.includes(backup) && use.isInUse(each.path().timeline(), since)) {
                // Backups of a timeline that was left are no more; it goes out of use by those of another one.
                boolean isLeft = newest.stream()
                        .map(other -> other.path().timeline())
                        .anyMatch(other -> other.compareTo(each.path().timeline()) > 0 && use.isInUse(other, since));
                reasons.add(new Reason.AmongNewest(
                        count,
                        each.path().timeline(),
                        isLeft ? OptionalInt.empty() : OptionalInt.of(each.more(backup, count))));
            }
        }
        return reasons;
    }
}
