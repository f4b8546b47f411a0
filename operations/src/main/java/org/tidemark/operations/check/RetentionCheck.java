// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.check;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.Amounts;
import org.tidemark.core.Finding;
import org.tidemark.retention.CatalogReading;
import org.tidemark.retention.RetentionCatalog;
import org.tidemark.retention.RetentionPlan;
import org.tidemark.retention.RetentionPlanner;
import org.tidemark.retention.RetentionSettings;

/** Whether a repository has as many backups as its settings ask for, and what its policy does. Pure. */
final class RetentionCheck {
    /** An expiry is expected to run at least as often. */
    private static final Duration DUE = Duration.ofDays(1);

    private RetentionCheck() {}

    /** None where there is no backup at all: another finding says so. */
    static Optional<Finding> of(WalCheck.RepositoryWal held, RetentionSettings settings, Instant now) {
        if (held.backups().isEmpty()) {
            return Optional.empty();
        }
        RetentionCatalog catalog =
                CatalogReading.ofListed(held.archive(), held.entries(), held.marks(), held.inventory(), now);
        RetentionPlan plan = RetentionPlanner.plan(settings, catalog, now);
        long usable = catalog.backups().stream()
                .filter(each -> each.problem().isEmpty())
                .count();
        int overdue = overdue(settings, catalog, now.minus(DUE));
        return Optional.of(finding(held.repository(), settings, plan, usable, overdue)
                .with("usable", usable)
                .with("leaving", plan.leaving().size())
                .with("overdue", overdue)
                .of(held.repository()));
    }

    /** How many of the backups of an earlier time the policy let go at that time. */
    private static int overdue(RetentionSettings settings, RetentionCatalog catalog, Instant then) {
        RetentionCatalog earlier = new RetentionCatalog(
                catalog.segmentSize(),
                catalog.backups().stream()
                        .filter(each -> !each.ended().isAfter(then))
                        .toList(),
                catalog.unfinished(),
                catalog.wal(),
                catalog.lock(),
                catalog.unreadable());
        return RetentionPlanner.plan(settings, earlier, then).leaving().size();
    }

    private static Finding finding(
            String name, RetentionSettings settings, RetentionPlan plan, long usable, int overdue) {
        if (usable < settings.minimumRedundancy()) {
            return Subject.RETENTION.warning(
                    "'" + name + "' has " + Amounts.count(usable, "usable backup", "usable backups")
                            + "; its minimum-redundancy is " + settings.minimumRedundancy(),
                    "Take one with: tidemark backup. See which are usable with: tidemark list-backup");
        }
        if (settings.policy().isEmpty()) {
            return Subject.RETENTION.ok("'" + name + "' has no retention policy: nothing expires");
        }
        String policy = settings.policy().get().toString();
        if (overdue > 0) {
            return Subject.RETENTION.warning(
                    "'" + name + "' still has " + Amounts.count(overdue, "backup", "backups") + " that expired by "
                            + policy + " more than a day ago",
                    "See which with: tidemark retention. Delete them with: tidemark expire --confirm");
        }
        List<?> leaving = plan.leaving();
        return Subject.RETENTION.ok("'" + name + "' has " + policy + ": "
                + Amounts.count(plan.backups().size() - leaving.size(), "backup stays", "backups stay")
                + (leaving.isEmpty() ? "" : ", " + leaving.size() + " can go"));
    }
}
