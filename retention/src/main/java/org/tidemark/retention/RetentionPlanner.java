// SPDX-License-Identifier: Apache-2.0
package org.tidemark.retention;

import static java.util.stream.Collectors.toSet;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.Timeline;
import org.tidemark.recoverability.Timelines;
import org.tidemark.retention.RetentionCatalog.PublishedBackup;
import org.tidemark.retention.RetentionCatalog.WalScope;
import org.tidemark.retention.RetentionPlan.BackupFate;
import org.tidemark.retention.RetentionPlan.Reason;
import org.tidemark.retention.RetentionPlan.UnfinishedFate;
import org.tidemark.retention.RetentionPolicy.RecoveryWindow;
import org.tidemark.retention.RetentionPolicy.Redundancy;
import org.tidemark.retention.RetentionPolicy.Since;

/**
 * Decides what stays and what goes. A backup goes only if no rule keeps it; the WAL after a backup stays as long as a
 * policy or the operator keeps the backup with it. A backup that is broken stays as long as a rule would keep it if it
 * alone were repaired, and takes no other one's place; so does one that only clocks ahead dated. Without side effects:
 * the same catalog at the same time gives the same plan, and at a later time one that keeps no more, unless a date in
 * it was ahead.
 */
public final class RetentionPlanner {
    private final RetentionSettings settings;
    private final RetentionCatalog catalog;
    private final Awaited awaited;
    private final Instant now;
    private final int most;
    private final Timelines timelines;
    private final List<BackupPath> paths;
    private final TimelineUse use;
    /** The rules that keep some of the newest backups, with all WAL after them. */
    private final List<KeepingRule> newestRules;

    private final List<PeriodsRule> longTerm;

    private RetentionPlanner(
            RetentionSettings settings, RetentionCatalog catalog, Awaited awaited, Instant now, int most) {
        this.settings = settings;
        this.catalog = catalog;
        this.awaited = awaited;
        this.now = now;
        this.most = most;
        this.timelines = catalog.timelines();
        List<PublishedBackup> known = catalog.backups().stream()
                .filter(each -> timelines.isOnPath(each.wal()) && !EffectiveTimes.isAhead(each.ended(), now))
                .toList();
        List<PublishedBackup> usable =
                known.stream().filter(each -> each.problem().isEmpty()).toList();
        this.paths = timelines.paths().stream()
                .map(history -> new BackupPath(history, known))
                .toList();
        this.use = new TimelineUse(
                settings, timelines, paths, usable, EffectiveTimes.isOfOneCopy(catalog.wal(), known), now);
        this.newestRules = List.of(
                new MinimumRule(settings.minimumRedundancy(), usable),
                QualityRule.verified(usable),
                QualityRule.sound(usable));
        this.longTerm = settings.longTerm().stream()
                .map(rule -> new PeriodsRule(rule, paths))
                .toList();
    }

    /** The plan for one repository and one incarnation. */
    public static RetentionPlan plan(RetentionSettings settings, RetentionCatalog catalog, Instant now) {
        return plan(settings, catalog, Awaited.NOTHING, now);
    }

    /** The same, where other repositories may lack something. */
    public static RetentionPlan plan(
            RetentionSettings settings, RetentionCatalog catalog, Awaited awaited, Instant now) {
        return new RetentionPlanner(settings, catalog, awaited, now, Integer.MAX_VALUE).plan();
    }

    /**
     * The plan for one run: a policy that was mistyped must not remove everything at once. Of what goes, the oldest
     * backups go in this run: {@link #mostInOneRun} of them.
     */
    public static RetentionPlan planRun(
            RetentionSettings settings, RetentionCatalog catalog, Awaited awaited, Instant now) {
        int most = mostInOneRun(catalog.backups().size());
        return new RetentionPlanner(settings, catalog, awaited, now, most).plan();
    }

    /** The same, where no other repository lacks anything. */
    public static RetentionPlan planRun(RetentionSettings settings, RetentionCatalog catalog, Instant now) {
        return planRun(settings, catalog, Awaited.NOTHING, now);
    }

    /**
     * Two of a few backups: one for the backup that was taken since the run before, and one of those that are too many.
     * With one alone, what is once too many would stay forever.
     */
    public static int mostInOneRun(int backups) {
        return Math.max(2, backups * PERCENT_OF_A_RUN / 100);
    }

    /** Of all backups that there are, for {@link #mostInOneRun}. */
    public static final int PERCENT_OF_A_RUN = 30;

    /**
     * The plan of an operator who names what goes: ids without a backup as well, if nothing can come of them any more.
     * Everything else stays, with all WAL after the oldest backup that stays; but what is left of removed backups goes,
     * as far as no other one refers to it.
     */
    public static RetentionPlan without(Set<BackupId> ids, RetentionCatalog catalog, Instant now) {
        return without(ids, catalog, Awaited.NOTHING, now);
    }

    /** The same, where other repositories may lack WAL. */
    public static RetentionPlan without(Set<BackupId> ids, RetentionCatalog catalog, Awaited awaited, Instant now) {
        RetentionPlanner planner =
                new RetentionPlanner(RetentionSettings.NONE, catalog, awaited, now, Integer.MAX_VALUE);
        List<BackupFate> fates = planner.inOrder().stream()
                .map(backup ->
                        new BackupFate(backup, ids.contains(backup.id()) ? List.of() : List.of(new Reason.NotNamed())))
                .toList();
        return new RetentionPlan(
                fates,
                catalog.unfinished().stream()
                        .map(each -> new UnfinishedFate(
                                each,
                                !each.isRemoved()
                                        && !(ids.contains(each.id()) && (each.isAbandoned(now) || each.isAhead(now)))))
                        .toList(),
                fates.stream().allMatch(BackupFate::stays)
                        ? WalPlanner.keepEverything(catalog)
                        : new WalPlanner(catalog, planner.timelines, awaited, now).plan(fates, Instant.MIN),
                catalog.unreadable(),
                0);
    }

    private RetentionPlan plan() {
        return settings.policy().map(this::plan).orElseGet(this::keepEverything);
    }

    private RetentionPlan plan(RetentionPolicy policy) {
        KeepingRule byPolicy = rule(policy);
        KeepingRule withWal = settings.wal().map(this::rule).orElse(byPolicy);
        List<BackupFate> fates = new ArrayList<>();
        int leaving = 0;
        for (PublishedBackup backup : inOrder()) {
            BackupFate fate = fate(backup, byPolicy, withWal);
            leaving += fate.stays() ? 0 : 1;
            fates.add(fate.stays() || leaving <= most ? fate : new BackupFate(backup, List.of(new Reason.LaterRun())));
        }
        return new RetentionPlan(
                fates,
                catalog.unfinished().stream()
                        .map(each -> new UnfinishedFate(each, !each.isAbandoned(now)))
                        .toList(),
                new WalPlanner(catalog, timelines, awaited, now).plan(fates, begin(policy)),
                catalog.unreadable(),
                0);
    }

    /** The first moment that a policy promises, if it promises moments. */
    private Instant begin(RetentionPolicy policy) {
        return switch (policy) {
            case RecoveryWindow window -> window.begin(now);
            case Since since -> since.moment();
            case Redundancy _ -> now;
        };
    }

    private RetentionPlan keepEverything() {
        return new RetentionPlan(
                inOrder().stream()
                        .map(backup -> new BackupFate(backup, List.of(new Reason.NoPolicy())))
                        .toList(),
                catalog.unfinished().stream()
                        .map(each -> new UnfinishedFate(each, !each.isRemoved()))
                        .toList(),
                WalPlanner.keepEverything(catalog),
                catalog.unreadable(),
                0);
    }

    private List<PublishedBackup> inOrder() {
        return catalog.backups().stream().sorted(BackupPath.BY_END).toList();
    }

    private KeepingRule rule(RetentionPolicy policy) {
        return switch (policy) {
            case Redundancy redundancy -> new RedundancyRule(redundancy, use, paths);
            case RecoveryWindow window -> new WindowRule(window.begin(now), Optional.of(window), use, paths);
            case Since since -> new WindowRule(since.moment(), Optional.empty(), use, paths);
        };
    }

    private BackupFate fate(PublishedBackup backup, KeepingRule byPolicy, KeepingRule withWal) {
        List<Reason> reasons = new ArrayList<>();
        List<Optional<Instant>> ends = new ArrayList<>();
        boolean full = false;
        Set<Optional<Timeline>> along = new HashSet<>();
        if (EffectiveTimes.isAhead(backup.ended(), now)) {
            reasons.add(new Reason.DatedAhead(backup.ended()));
            ends.add(Optional.empty());
            full = true;
        } else if (timelines.isOnPath(backup.wal())) {
            List<Reason> recent = byPolicy.reasons(backup);
            List<Reason> newest = newestRules.stream()
                    .flatMap(rule -> rule.reasons(backup).stream())
                    .toList();
            List<Reason> periods = longTerm.stream()
                    .flatMap(rule -> rule.reasons(backup).stream())
                    .toList();
            List<Reason> byRules =
                    Stream.of(recent, newest, periods).flatMap(List::stream).toList();
            if (!byRules.isEmpty()) {
                reasons.addAll(backup.problem()
                        .<List<Reason>>map(problem -> List.of(new Reason.MayBeRepaired(problem)))
                        .orElse(byRules));
                ends.add(newest.isEmpty() && periods.isEmpty() ? byPolicy.ends(backup) : Optional.empty());
            }
            full = !newest.isEmpty();
            if (!recent.isEmpty()) {
                withWal.reasons(backup).forEach(reason -> along.add(path(reason)));
            }
        } else {
            reasons.add(new Reason.UnknownHistory(backup.wal().timeline()));
            ends.add(Optional.empty());
        }
        if (backup.keep().isPresent()) {
            reasons.add(new Reason.KeptByOperator(backup.keep().get()));
            ends.add(backup.keep().get().until());
            full |= backup.keep().get().scope() == WalScope.FULL;
        }
        if (backup.doubt().isPresent()) {
            reasons.add(new Reason.KeepUnreadable(backup.doubt().get()));
            ends.add(Optional.empty());
            full = true;
        }
        Optional<Instant> unlocked = catalog.lockedUntil(backup).filter(now::isBefore);
        if (unlocked.isPresent()) {
            Optional<Instant> others = last(ends);
            if (reasons.isEmpty() || others.filter(unlocked.get()::isAfter).isPresent()) {
                reasons.add(new Reason.Locked(unlocked.get()));
            }
            ends.add(unlocked);
            full = true;
        }
        if (reasons.isEmpty()) {
            awaited.by(backup.id()).ifPresent(repository -> {
                reasons.add(new Reason.Awaited(repository));
                ends.add(Optional.empty());
            });
        }
        full |= along.contains(Optional.<Timeline>empty());
        return new BackupFate(
                backup,
                reasons,
                full || !along.isEmpty() ? WalScope.FULL : WalScope.STANDALONE,
                full
                        ? Optional.empty()
                        : Optional.of(along.stream().flatMap(Optional::stream).collect(toSet())),
                last(ends));
    }

    /** The timeline for which alone a policy keeps a backup; empty: for all to which it leads. */
    private static Optional<Timeline> path(Reason reason) {
        return switch (reason) {
            case Reason.FirstMoment first -> Optional.of(first.timeline());
            case Reason.AmongNewest among -> Optional.of(among.timeline());
            default -> Optional.empty();
        };
    }

    /** The last of the times at which reasons end; empty if one never ends, or if there is none. */
    private static Optional<Instant> last(List<Optional<Instant>> ends) {
        return ends.stream().anyMatch(Optional::isEmpty)
                ? Optional.empty()
                : ends.stream().flatMap(Optional::stream).max(Instant::compareTo);
    }
}
