// SPDX-License-Identifier: Apache-2.0
package org.tidemark.retention;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
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
 * policy or the operator keeps the backup with it. Without side effects: the same catalog at the same time gives the
 * same plan, and at a later time one that keeps no more.
 */
public final class RetentionPlanner {
    private final RetentionSettings settings;
    private final RetentionCatalog catalog;
    private final Instant now;
    private final int most;
    private final Timelines timelines;
    /** Those with which a recovery can begin along a known path, the newest first. */
    private final List<PublishedBackup> usable;

    /** When the next usable backup on the path to a timeline ended. */
    private final Map<Timeline, Map<BackupId, Instant>> endOfNext = new TreeMap<>();

    private final Map<PublishedBackup, List<Reason>> reasons = new LinkedHashMap<>();

    private RetentionPlanner(RetentionSettings settings, RetentionCatalog catalog, Instant now, int most) {
        this.settings = settings;
        this.catalog = catalog;
        this.now = now;
        this.most = most;
        this.timelines = new Timelines(catalog);
        this.usable = catalog.backups().stream()
                .filter(each -> each.problem().isEmpty()
                        && !timelines.isUnknown(each.wal().timeline()))
                .sorted(Comparator.comparing(PublishedBackup::ended)
                        .thenComparing(PublishedBackup::id)
                        .reversed())
                .toList();
        timelines.known().forEach(this::noteOrder);
    }

    private void noteOrder(TimelineHistory path) {
        List<PublishedBackup> newestFirst = Timelines.onPath(path, usable);
        Map<BackupId, Instant> ends = new HashMap<>();
        for (int i = 1; i < newestFirst.size(); i++) {
            ends.put(newestFirst.get(i).id(), newestFirst.get(i - 1).ended());
        }
        endOfNext.put(path.timeline(), ends);
    }

    /** The plan for one repository and one incarnation. */
    public static RetentionPlan plan(RetentionSettings settings, RetentionCatalog catalog, Instant now) {
        return new RetentionPlanner(settings, catalog, now, Integer.MAX_VALUE).plan();
    }

    /**
     * The plan for one run: a policy that was mistyped must not remove everything at once. Of what goes, the oldest
     * backups go in this run: one, or {@value #PERCENT_OF_A_RUN} percent of all that there are.
     */
    public static RetentionPlan planRun(RetentionSettings settings, RetentionCatalog catalog, Instant now) {
        int most = Math.max(1, catalog.backups().size() * PERCENT_OF_A_RUN / 100);
        return new RetentionPlanner(settings, catalog, now, most).plan();
    }

    /** For {@link #planRun}. */
    public static final int PERCENT_OF_A_RUN = 30;

    /**
     * The plan of an operator who names what goes: ids without a backup as well, if nothing can come of them any more.
     * Everything else stays, with all WAL after the oldest backup that stays.
     */
    public static RetentionPlan without(Set<BackupId> ids, RetentionCatalog catalog, Instant now) {
        RetentionPlanner planner = new RetentionPlanner(RetentionSettings.NONE, catalog, now, Integer.MAX_VALUE);
        List<BackupFate> fates = planner.inOrder().stream()
                .map(backup -> new BackupFate(
                        backup,
                        ids.contains(backup.id()) ? List.of() : List.of(new Reason.NotNamed()),
                        WalScope.FULL,
                        Optional.empty()))
                .toList();
        return new RetentionPlan(
                fates,
                catalog.unfinished().stream()
                        .map(each -> new UnfinishedFate(each, !ids.contains(each.id()) || !each.isAbandoned(now)))
                        .toList(),
                fates.stream().allMatch(BackupFate::stays)
                        ? WalPlanner.keepEverything(catalog)
                        : new WalPlanner(catalog, planner.timelines, now).plan(fates),
                catalog.unreadable());
    }

    private RetentionPlan plan() {
        if (settings.policy().isEmpty()) {
            return keepEverything();
        }
        RetentionPolicy policy = settings.policy().get();
        Map<PublishedBackup, List<Reason>> byPolicy = keptBy(policy);
        List<PublishedBackup> newest = usable.subList(0, Math.min(usable.size(), settings.minimumRedundancy()));
        byPolicy.forEach((backup, why) -> why.forEach(each -> keep(backup, each)));
        newest.forEach(backup -> keep(backup, new Reason.MinimumRedundancy(settings.minimumRedundancy())));
        Set<PublishedBackup> withWal = new HashSet<>(newest);
        withWal.addAll(settings.wal()
                .map(wal -> both(byPolicy.keySet(), keptBy(wal).keySet()))
                .orElse(byPolicy.keySet()));
        keepForLongTerms();
        for (PublishedBackup backup : catalog.backups()) {
            backup.keep().ifPresent(word -> {
                keep(backup, new Reason.KeptByOperator(word));
                if (word.scope() == WalScope.FULL) {
                    withWal.add(backup);
                }
            });
            backup.doubt().ifPresent(problem -> {
                keep(backup, new Reason.KeepUnreadable(problem));
                withWal.add(backup);
            });
            if (timelines.isUnknown(backup.wal().timeline())) {
                keep(backup, new Reason.UnknownHistory(backup.wal().timeline()));
            }
            backup.problem()
                    .filter(problem -> isRecent(policy, backup))
                    .ifPresent(problem -> keep(backup, new Reason.MayBeRepaired(problem)));
        }
        inOrder().stream()
                .filter(backup -> !reasons.containsKey(backup))
                .skip(most)
                .forEach(backup -> {
                    keep(backup, new Reason.LaterRun());
                    withWal.add(backup);
                });
        List<BackupFate> fates = inOrder().stream()
                .map(backup -> new BackupFate(
                        backup,
                        reasons.getOrDefault(backup, List.of()),
                        withWal.contains(backup) ? WalScope.FULL : WalScope.STANDALONE,
                        leaves(policy, backup)))
                .toList();
        return new RetentionPlan(
                fates,
                catalog.unfinished().stream()
                        .map(each -> new UnfinishedFate(each, !each.isAbandoned(now)))
                        .toList(),
                new WalPlanner(catalog, timelines, now).plan(fates),
                catalog.unreadable());
    }

    private RetentionPlan keepEverything() {
        return new RetentionPlan(
                inOrder().stream()
                        .map(backup ->
                                new BackupFate(backup, List.of(new Reason.NoPolicy()), WalScope.FULL, Optional.empty()))
                        .toList(),
                catalog.unfinished().stream()
                        .map(each -> new UnfinishedFate(each, true))
                        .toList(),
                WalPlanner.keepEverything(catalog),
                catalog.unreadable());
    }

    private List<PublishedBackup> inOrder() {
        return catalog.backups().stream()
                .sorted(Comparator.comparing(PublishedBackup::ended).thenComparing(PublishedBackup::id))
                .toList();
    }

    private void keep(PublishedBackup backup, Reason reason) {
        reasons.computeIfAbsent(backup, any -> new ArrayList<>()).add(reason);
    }

    private static Set<PublishedBackup> both(Set<PublishedBackup> one, Set<PublishedBackup> other) {
        Set<PublishedBackup> common = new HashSet<>(one);
        common.retainAll(other);
        return common;
    }

    private Map<PublishedBackup, List<Reason>> keptBy(RetentionPolicy policy) {
        Map<PublishedBackup, List<Reason>> kept = new LinkedHashMap<>();
        switch (policy) {
            case Redundancy redundancy -> newestOfEachPath(redundancy, kept);
            case RecoveryWindow window -> since(window.begin(now), kept);
            case Since since -> since(since.moment(), kept);
        }
        return kept;
    }

    /** From which moment on a policy asks what was in use. */
    private Instant reach(RetentionPolicy policy) {
        return switch (policy) {
            case Redundancy redundancy -> {
                List<PublishedBackup> counted =
                        usable.stream().filter(each -> each.keep().isEmpty()).toList();
                yield counted.size() < redundancy.backups()
                        ? Instant.MIN
                        : counted.get(redundancy.backups() - 1).ended();
            }
            case RecoveryWindow window -> window.begin(now);
            case Since since -> since.moment();
        };
    }

    /**
     * Whether a timeline was in use at a moment or later: by its own backups and WAL, not those of its ancestors. WAL
     * that goes by a policy of its own does not count, so that its removal changes nothing here.
     */
    private boolean isInUse(Timeline timeline, Instant since) {
        Instant walSince =
                settings.wal().map(this::reach).filter(since::isBefore).orElse(since);
        return timelines
                        .newestWal(timeline)
                        .filter(stored -> !stored.isBefore(walSince))
                        .isPresent()
                || usable.stream()
                        .anyMatch(each -> each.wal().timeline().equals(timeline)
                                && !each.ended().isBefore(since));
    }

    /**
     * The newest on the path to each timeline that is in use: one counts as in use as long as it has something newer
     * than the last of the newest backups. So a timeline that was left at a recovery keeps its backups until there are
     * enough of the new one, and two primaries that archive by mistake do not push each other's backups out. Backups
     * that the operator keeps are not counted.
     */
    private void newestOfEachPath(Redundancy redundancy, Map<PublishedBackup, List<Reason>> kept) {
        int count = redundancy.backups();
        Instant since = reach(redundancy);
        for (TimelineHistory path : timelines.known()) {
            if (!isInUse(path.timeline(), since)) {
                continue;
            }
            int found = 0;
            for (PublishedBackup backup : Timelines.onPath(path, usable)) {
                if (found == count) {
                    break;
                }
                found += backup.keep().isEmpty() ? 1 : 0;
                add(kept, backup, new Reason.AmongNewest(count, path.timeline()));
            }
        }
    }

    /** All that ended in the window, and of each timeline that was in use in it the backup from before it. */
    private void since(Instant begin, Map<PublishedBackup, List<Reason>> kept) {
        for (PublishedBackup backup : usable) {
            if (backup.ended().isAfter(begin)) {
                add(kept, backup, new Reason.WithinWindow(begin));
            }
        }
        for (TimelineHistory path : timelines.known()) {
            if (isInUse(path.timeline(), begin)) {
                Timelines.onPath(path, usable).stream()
                        .filter(each -> !each.ended().isAfter(begin))
                        .findFirst()
                        .ifPresent(backup -> add(kept, backup, new Reason.FirstMoment(begin, path.timeline())));
            }
        }
    }

    private static void add(Map<PublishedBackup, List<Reason>> kept, PublishedBackup backup, Reason reason) {
        kept.computeIfAbsent(backup, any -> new ArrayList<>()).add(reason);
    }

    private void keepForLongTerms() {
        for (LongTermRule rule : settings.longTerm()) {
            Map<String, PublishedBackup> newestOfPeriod = new TreeMap<>(Comparator.reverseOrder());
            for (PublishedBackup backup : usable) {
                newestOfPeriod.putIfAbsent(rule.cadence().period(backup.ended()), backup);
            }
            newestOfPeriod.entrySet().stream()
                    .limit(rule.count())
                    .forEach(each -> keep(each.getValue(), new Reason.LongTerm(rule, each.getKey())));
        }
    }

    /** Whether the policy would keep any backup of this age. */
    private boolean isRecent(RetentionPolicy policy, PublishedBackup backup) {
        return switch (policy) {
            case Redundancy redundancy ->
                usable.stream()
                                .filter(each -> each.ended().isAfter(backup.ended()))
                                .count()
                        < redundancy.backups();
            case RecoveryWindow window -> backup.ended().isAfter(window.begin(now));
            case Since since -> backup.ended().isAfter(since.moment());
        };
    }

    /** When time alone lets a backup go. */
    private Optional<Instant> leaves(RetentionPolicy policy, PublishedBackup backup) {
        Instant last = Instant.MIN;
        for (Reason reason : reasons.getOrDefault(backup, List.of())) {
            Optional<Instant> end = switch (reason) {
                case Reason.WithinWindow _, Reason.FirstMoment _ -> passed(policy, backup);
                case Reason.MayBeRepaired _ -> passedAlone(policy, backup);
                case Reason.KeptByOperator kept -> kept.keep().until();
                case Reason.NoPolicy _,
                        Reason.AmongNewest _,
                        Reason.MinimumRedundancy _,
                        Reason.LongTerm _,
                        Reason.KeepUnreadable _,
                        Reason.LaterRun _,
                        Reason.NotNamed _,
                        Reason.UnknownHistory _ -> Optional.empty();
            };
            if (end.isEmpty()) {
                return Optional.empty();
            }
            last = end.get().isAfter(last) ? end.get() : last;
        }
        return last.equals(Instant.MIN) ? Optional.empty() : Optional.of(last);
    }

    /** When the window begins after the next backup on each path. */
    private Optional<Instant> passed(RetentionPolicy policy, PublishedBackup backup) {
        if (!(policy instanceof RecoveryWindow window)) {
            return Optional.empty();
        }
        Instant last = Instant.MIN;
        for (TimelineHistory path : timelines.known()) {
            if (!Timelines.isOnPath(backup, path)) {
                continue;
            }
            Optional<Instant> next = Optional.ofNullable(
                    endOfNext.getOrDefault(path.timeline(), Map.of()).get(backup.id()));
            // Without a next one, the backup stays as long as the timeline is in use.
            Optional<Instant> end = next.or(() -> timelines
                    .newestWal(path.timeline())
                    .filter(stored ->
                            usable.stream().anyMatch(each -> each.ended().isAfter(stored))));
            if (end.isEmpty()) {
                return Optional.empty();
            }
            last = end.get().isAfter(last) ? end.get() : last;
        }
        return Optional.of(window.reaches(last.isBefore(backup.ended()) ? backup.ended() : last));
    }

    private static Optional<Instant> passedAlone(RetentionPolicy policy, PublishedBackup backup) {
        return policy instanceof RecoveryWindow window ? Optional.of(window.reaches(backup.ended())) : Optional.empty();
    }
}
