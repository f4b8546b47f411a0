// SPDX-License-Identifier: Apache-2.0
package org.tidemark.recoverability;

import static org.tidemark.recoverability.PlanFinding.Topic.BACKUP;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.tidemark.catalog.wal.ArchivedWal;
import org.tidemark.core.Amounts;
import org.tidemark.core.CopyableCommand;
import org.tidemark.core.ExitCode;
import org.tidemark.core.ShellWord;
import org.tidemark.core.TimelinePath;
import org.tidemark.recoverability.TimelineSurvey.Start;

/** Finds the backup and the WAL that lead to a recovery target. Pure: the same catalog gives the same plan. */
public final class RecoveryPlanner {
    /** With each step back four times as many backups are looked at, so that few listings are needed. */
    private static final int STEP_BACK = 4;

    /** Gives the WAL of the catalog, as far back as a plan needs it. */
    public interface WalListing {
        /**
         * All WAL of the paths from a position on, and all WAL that is not on every path.
         *
         * @param from the first segment, counted from 0/0
         */
        ArchivedWal since(long from, Set<TimelinePath> paths) throws IOException;
    }

    /** So many of the backups that were passed over for their WAL are named. */
    private static final int MOST_NAMED = 3;

    /** The plan, where all WAL of the catalog is known. */
    public RecoveryPlan plan(RecoveryRequest request, CatalogSnapshot catalog) {
        try {
            return plan(request, catalog, SkippedBackups.NONE, Optional.empty(), (from, paths) -> catalog.wal());
        } catch (IOException e) {
            throw new IllegalStateException("all WAL is known", e);
        }
    }

    /**
     * The same without some backups, which still tell what time it was at a position. A backup that verify found
     * damaged in every copy is taken only if the operator names it.
     *
     * @param catalog of its WAL, the first segment of each timeline is enough
     * @param unusable those that this host cannot read
     * @param searched what the WAL on the path says of the target; empty if it was not read
     */
    public RecoveryPlan plan(
            RecoveryRequest request,
            CatalogSnapshot catalog,
            SkippedBackups unusable,
            Optional<? extends SearchedWal> searched,
            WalListing listing)
            throws IOException {
        SkippedBackups passedOver = unusable;
        RecoveryPlan plan = planWithout(passedOver, request, catalog, searched, listing);
        while (plan instanceof RecoveryPlan.Chosen chosen
                && chosen.backup().isDamaged()
                && request.backupId().isEmpty()) {
            passedOver = passedOver.andDamaged(chosen, catalog.backups());
            plan = planWithout(passedOver, request, catalog, searched, listing);
        }
        return passedOver.explain(plan);
    }

    private static RecoveryPlan planWithout(
            SkippedBackups passedOver,
            RecoveryRequest request,
            CatalogSnapshot catalog,
            Optional<? extends SearchedWal> searched,
            WalListing listing)
            throws IOException {
        Optional<String> wanted = request.backupId();
        Set<BackupCandidate> without = passedOver.among(catalog.backups());
        List<BackupCandidate> backups = catalog.backups().stream()
                .filter(backup -> wanted.isEmpty() || wanted.get().equals(backup.id()))
                .filter(backup -> !without.contains(backup))
                .sorted(BackupCandidate.ALONG_THE_WAY)
                .toList();
        if (backups.isEmpty()) {
            return nothing(catalog, noBackup(request, catalog));
        }
        if (wanted.isPresent() && backups.size() > 1) {
            return nothing(catalog, twoOfOneId(backups));
        }
        TimelineSurvey timelines = new TimelineSurvey(catalog);
        AnnouncedTimelines announced = request.timeline() instanceof TimelineChoice.Latest
                ? AnnouncedTimelines.of(catalog, listing)
                : new AnnouncedTimelines(List.of());
        List<Start> starts = timelines.starts(request.timeline(), backups, announced);
        if (starts.isEmpty()) {
            return nothing(catalog, timelines.nothingLeadsTo(request.timeline(), backups));
        }
        TargetFit fit = new TargetFit(request.target(), catalog.backups(), searched);
        List<Start> fitting = starts.stream()
                .filter(start -> fit.comesBefore(start.backup())
                        || (wanted.isPresent() && fit.doubt(start.backup()).isPresent()))
                .toList();
        if (fitting.isEmpty()) {
            return nothing(
                    catalog, fit.tooEarly(starts.stream().map(Start::backup).toList()));
        }
        Best best = best(fitting, fit, new RecoveryChainCheck(request.target(), catalog.backups(), searched), listing);
        CatalogSnapshot listed = catalog.withWal(best.wal());
        List<PlanFinding> beside = new ArrayList<>(new CompetingTimelines(listed).of(request, best.chain(), backups));
        beside.addAll(new TimelineSurvey(listed).beside(request, best.chain()));
        catalog.minimal().ending(request.target(), best.chain()).ifPresent(beside::add);
        beside.addAll(announced.after(best.chain().path().timeline()));
        String reason = wanted.isPresent()
                ? "chosen with --backup"
                : fit.reason(!passedOver.isEmpty() || !best.passedOver().isEmpty());
        return chosen(listed, best, fit, searched, reason, beside);
    }

    /**
     * A chain.
     *
     * @param passedOver notes of the backups that the target would have preferred
     * @param wal in which it was found
     */
    private record Best(RecoveryChain chain, List<PlanFinding> passedOver, ArchivedWal wal) {}

    /** The first chain without a flaw, in the order in which the target prefers backups; else the least flawed. */
    private static Best best(List<Start> starts, TargetFit fit, RecoveryChainCheck survey, WalListing listing)
            throws IOException {
        List<Start> ordered = fit.prefersOldest() ? starts : starts.reversed();
        for (long count = 1; ; count *= STEP_BACK) {
            List<Start> near = ordered.subList(0, (int) Math.min(count, ordered.size()));
            Set<TimelinePath> paths = near.stream().map(Start::path).collect(Collectors.toSet());
            long from = near.stream()
                    .mapToLong(start ->
                            start.path().size().segmentNumber(start.backup().startLsn()))
                    .min()
                    .orElseThrow();
            Surveyed surveyed = Surveyed.of(near, survey, listing.since(from, paths));
            if (surveyed.leavesNothing(ordered.subList(near.size(), ordered.size()))) {
                // Where nothing is archived any more, the plan says when that ended.
                return surveyed.hasPathThatEndsBefore(from)
                        ? Surveyed.of(near, survey, listing.since(0, paths)).best()
                        : surveyed.best();
            }
        }
    }

    /**
     * Backups in the order of preference.
     *
     * @param looks at the first of them, up to one without a flaw
     * @param exhausted the paths that end before the target, with the chain that showed it
     */
    private record Surveyed(List<Look> looks, Map<TimelinePath, RecoveryChain> exhausted, ArchivedWal wal) {
        /** @param isChain whether it can be chosen; otherwise only its flaw is right */
        private record Look(RecoveryChain chain, boolean isChain) {}

        static Surveyed of(List<Start> starts, RecoveryChainCheck survey, ArchivedWal wal) {
            List<Look> looks = new ArrayList<>();
            Map<TimelinePath, RecoveryChain> exhausted = new HashMap<>();
            for (Start start : starts) {
                RecoveryChain known = exhausted.get(start.path());
                if (known != null) {
                    looks.add(new Look(known.withoutTarget(start.backup()), false));
                    continue;
                }
                PathWal pathWal = new PathWal(start.path(), wal);
                RecoveryChain chain = survey.survey(start.backup(), pathWal);
                looks.add(new Look(chain, true));
                if (chain.flaw().isEmpty()) {
                    break;
                }
                if (chain.leavesPathExhausted(pathWal)) {
                    exhausted.put(start.path(), chain);
                }
            }
            return new Surveyed(looks, exhausted, wal);
        }

        /** Whether none of the others can be better. */
        boolean leavesNothing(List<Start> others) {
            return looks.getLast().chain().flaw().isEmpty()
                    || others.stream().allMatch(start -> exhausted.containsKey(start.path()));
        }

        /** Whether no whole segment from the position on is archived on one of the paths. */
        boolean hasPathThatEndsBefore(long from) {
            return looks.stream().anyMatch(look -> !new PathWal(look.chain().path(), wal).hasWholeSince(from));
        }

        Best best() {
            // The sort is stable: among equals the preferred backup stays first.
            Look best = looks.stream()
                    .filter(Look::isChain)
                    .sorted(Comparator.comparing((Look look) -> look.chain().hasProblem())
                            .thenComparing(look -> look.chain().backup().damagedPages() > 0)
                            .thenComparing(look -> look.chain().flaw().isPresent()))
                    .findFirst()
                    .orElseThrow();
            List<PlanFinding> passedOver = new ArrayList<>();
            List<Look> before = looks.subList(0, looks.indexOf(best));
            for (Look each : before.subList(0, Math.min(MOST_NAMED, before.size()))) {
                passedOver.add(PlanFinding.note(
                        BACKUP,
                        "backup " + each.chain().backup().id() + " was passed over: "
                                + each.chain().flaw().orElseThrow()));
            }
            if (before.size() > MOST_NAMED) {
                passedOver.add(PlanFinding.note(
                        BACKUP, (before.size() - MOST_NAMED) + " more backups were passed over for similar reasons"));
            }
            return new Best(best.chain(), passedOver, wal);
        }
    }

    private static RecoveryPlan chosen(
            CatalogSnapshot catalog,
            Best best,
            TargetFit fit,
            Optional<? extends SearchedWal> searched,
            String reason,
            List<PlanFinding> beside) {
        RecoveryChain chain = best.chain();
        BackupCandidate backup = chain.backup();
        List<PlanFinding> findings = new ArrayList<>(fit.remarks(backup));
        fit.doubt(backup).ifPresent(findings::add);
        findings.addAll(beside);
        findings.addAll(best.passedOver());
        findings.addAll(copies(backup, catalog));
        if (backup.damagedPages() > 0) {
            findings.add(PlanFinding.warning(
                    BACKUP,
                    "backup " + backup.id() + " holds "
                            + Amounts.count(backup.damagedPages(), "page that was", "pages that were")
                            + " damaged in the cluster itself",
                    "List them with: tidemark show-backup " + backup.id() + soundBackup(catalog)));
        }
        findings.addAll(unreadable(catalog));
        findings.addAll(chain.findings());
        return new RecoveryPlan.Chosen(
                backup,
                reason,
                chain.path().timeline(),
                chain.wal(),
                chain.archived(),
                fit.reached(backup),
                searched.isPresent() && searched.get().end(backup, chain.path()).isPresent(),
                findings);
    }

    /** Names the newest backup without damaged pages. */
    private static String soundBackup(CatalogSnapshot catalog) {
        return catalog.backups().stream()
                .filter(each -> each.damagedPages() == 0 && !each.isDamaged())
                .max(Comparator.comparing(BackupCandidate::ended))
                .map(each -> ". The newest backup in which no damaged page was found is " + each.id()
                        + "; it may not reach this target")
                .orElse("");
    }

    /** What an operator must know of where the backup is. */
    private static List<PlanFinding> copies(BackupCandidate backup, CatalogSnapshot catalog) {
        List<PlanFinding> findings = new ArrayList<>();
        if (catalog.isAmbiguous(backup)) {
            findings.add(PlanFinding.warning(
                    BACKUP,
                    "this is the backup " + backup.named() + ": another repository holds a different backup with"
                            + " this id",
                    "To choose the other one, name the repository that holds it with --repository. See both with:"
                            + " tidemark show-backup " + backup.id()));
        }
        for (BackupCandidate.Copy copy : backup.copies()) {
            copy.flaw("the copy of '" + copy.repository() + "'")
                    .ifPresent(flaw -> findings.add(PlanFinding.warning(
                            BACKUP,
                            flaw
                                    + (backup.isDamaged()
                                            ? ": the restore stops at the first part that is intact in no"
                                                    + " repository"
                                            : ": what is damaged is read from another repository"),
                            "See what is damaged with: "
                                    + CopyableCommand.of("verify", backup.id(), "--repository", copy.repository()))));
        }
        return findings;
    }

    private static PlanFinding twoOfOneId(List<BackupCandidate> backups) {
        return PlanFinding.problem(
                ExitCode.USAGE,
                BACKUP,
                "there are two different backups with one id, not two copies: "
                        + backups.stream().map(BackupCandidate::named).collect(Collectors.joining(", and ")),
                "Say which: add "
                        + backups.stream()
                                .map(each -> "--repository "
                                        + ShellWord.quote(each.repositories().getFirst()))
                                .collect(Collectors.joining(" or ")));
    }

    private static RecoveryPlan nothing(CatalogSnapshot catalog, PlanFinding why) {
        return new RecoveryPlan.NothingFits(
                Stream.concat(Stream.of(why), unreadable(catalog).stream()).toList());
    }

    private static PlanFinding noBackup(RecoveryRequest request, CatalogSnapshot catalog) {
        if (request.backupId().isEmpty()) {
            return PlanFinding.problem(
                    ExitCode.NO_BACKUP,
                    BACKUP,
                    "there is no backup",
                    "Check --cluster, --repository and --config. If none was ever taken: tidemark backup");
        }
        String id = request.backupId().get();
        return catalog.unreadableBackups().contains(id)
                ? PlanFinding.problem(
                        ExitCode.DAMAGED,
                        BACKUP,
                        "the description of backup '" + id + "' cannot be read",
                        "See what is damaged with: " + CopyableCommand.of("verify", id))
                : PlanFinding.problem(
                        ExitCode.NO_BACKUP,
                        BACKUP,
                        "there is no backup '" + id + "'",
                        "List the backups with: tidemark list-backup");
    }

    private static List<PlanFinding> unreadable(CatalogSnapshot catalog) {
        Stream<PlanFinding> backups = catalog.unreadableBackups().stream()
                .map(id -> PlanFinding.warning(
                        BACKUP,
                        "backup " + id + " was not considered: its description cannot be read",
                        "See what is damaged with: " + CopyableCommand.of("verify", id)));
        return Stream.concat(catalog.remarks().stream(), backups).toList();
    }
}
