// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.Amounts;
import org.tidemark.core.Finding;
import org.tidemark.core.Measure;
import org.tidemark.operations.retention.ListedCatalog;
import org.tidemark.operations.retention.OtherRepositories;
import org.tidemark.retention.Awaited;
import org.tidemark.retention.Awaited.Lagging;
import org.tidemark.retention.ExpiryOutlook;
import org.tidemark.retention.RetentionCatalog;
import org.tidemark.retention.RetentionPlan;
import org.tidemark.retention.RetentionPlanner;
import org.tidemark.retention.RetentionSettings;
import org.tidemark.session.Session;
import org.tidemark.session.reading.IncarnationReading;

/**
 * Whether each repository has as many backups as its settings ask for, what its policy does, and what it keeps for
 * another one alone.
 */
final class RetentionCheck {
    /** An expiry is expected to run at least as often. */
    private static final Duration DUE = Duration.ofDays(1);

    private final RepositorySettings settings;
    private final IncarnationReading held;
    private final RetentionCatalog catalog;
    private final OtherRepositories others;
    private final Instant now;

    private RetentionCheck(
            RepositorySettings settings,
            IncarnationReading held,
            RetentionCatalog catalog,
            OtherRepositories others,
            Instant now) {
        this.settings = settings;
        this.held = held;
        this.catalog = catalog;
        this.others = others;
        this.now = now;
    }

    /**
     * Plans as {@code expire} does. Nothing is said where there is no backup at all, which another finding says, and
     * where it cannot be told which backups the operator keeps.
     *
     * @param asked of these repositories, those that are not in {@code answered} do not answer
     */
    static List<Finding> of(
            Session session, List<CheckedRepository> answered, List<RepositorySettings> asked, Instant now) {
        OtherRepositories others = new OtherRepositories(session, now);
        asked.stream()
                .map(RepositorySettings::name)
                .filter(name -> answered.stream().noneMatch(each -> each.name().equals(name)))
                .forEach(others::doesNotAnswer);
        List<RetentionCheck> checks = new ArrayList<>();
        for (CheckedRepository each : answered) {
            each.held().filter(held -> held.unreadMarks().isEmpty()).ifPresent(held -> {
                RetentionCatalog catalog = ListedCatalog.of(held);
                others.hold(each.name(), held.archive(), () -> catalog);
                checks.add(new RetentionCheck(each.settings(), held, catalog, others, now));
            });
        }
        return checks.stream()
                .filter(each -> !each.held.backups().isEmpty())
                .flatMap(each -> each.findings().stream())
                .toList();
    }

    private List<Finding> findings() {
        RetentionSettings policy = settings.retention();
        ExpiryOutlook outlook =
                ExpiryOutlook.of(ExpiryOutlook.byPolicy(policy), catalog, others.beside(settings, held.archive()), now);
        List<Lagging> lagging =
                outlook.alone().removesNothing() ? List.of() : others.laggingBehind(settings, held.archive());
        long usable = catalog.backups().stream()
                .filter(each -> each.problem().isEmpty())
                .count();
        int overdue = overdue(lagging, now.minus(DUE));
        List<Finding> findings = new ArrayList<>();
        findings.add(finding(settings.name(), policy, outlook.plan(), usable, overdue)
                .with(Measure.USABLE, usable)
                .with(Measure.LEAVING, outlook.plan().leaving().size())
                .with(Measure.OVERDUE, overdue)
                .of(settings.name()));
        for (Lagging each : lagging) {
            AwaitedFinding.of(
                            settings.name(),
                            each,
                            outlook.alone(),
                            RetentionPlanner.plan(policy, catalog, Awaited.of(catalog, List.of(each), now), now),
                            now)
                    .ifPresent(findings::add);
        }
        return findings;
    }

    /** How many of the backups of an earlier time the policy let go at that time. */
    private int overdue(List<Lagging> lagging, Instant then) {
        RetentionCatalog earlier = catalog.until(then);
        return RetentionPlanner.plan(settings.retention(), earlier, Awaited.of(earlier, lagging, then), then)
                .leaving()
                .size();
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
            return Subject.RETENTION.ok(
                    "this host has no retention policy for '" + name + "': it deletes nothing there");
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
