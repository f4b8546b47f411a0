// SPDX-License-Identifier: Apache-2.0
package org.tidemark.recoverability;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.tidemark.core.Amounts;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.recoverability.RecoveryPlan.Chosen;
import org.tidemark.recoverability.RecoveryPlan.NothingFits;

/**
 * The backups that a plan would have taken, had they not been damaged, or had this host been able to read them.
 * Immutable.
 *
 * @param failures in the order in which a plan would have taken them
 * @param others damaged ones, after the first failures: they are counted, not named
 */
public record SkippedBackups(List<Failure> failures, Set<BackupCandidate> others) {
    public static final SkippedBackups NONE = new SkippedBackups(List.of(), Set.of());

    /** So many are named: each was found by a plan of its own. */
    private static final int MOST_NAMED = 10;

    private static final String ALL_DAMAGE = "See what is damaged with: tidemark verify";
    private static final Set<ExitCode> OF_THE_STORE = Set.of(ExitCode.STORE_UNAVAILABLE, ExitCode.STORE_DENIED);
    private static final Set<ExitCode> OF_THE_BACKUP =
            Set.of(ExitCode.NO_KEY, ExitCode.DAMAGED, ExitCode.TARGET_UNREACHABLE);

    /**
     * One of them.
     *
     * @param timeline on which the recovery would have ended
     * @param hint also how the backup is restored nevertheless, where that may succeed
     */
    record Failure(BackupCandidate backup, Timeline timeline, ExitCode exitCode, String message, String hint) {
        private boolean isOfTheStore() {
            return OF_THE_STORE.contains(exitCode);
        }
    }

    public SkippedBackups {
        failures = List.copyOf(failures);
        others = Set.copyOf(others);
    }

    /** Whether another backup may do where this one failed: not after a failure of this host. */
    public static boolean allows(UserFacingException failure) {
        return OF_THE_STORE.contains(failure.exitCode()) || OF_THE_BACKUP.contains(failure.exitCode());
    }

    /** These, and backups that a plan chose and that this host cannot read. */
    public SkippedBackups and(Chosen unreadable, UserFacingException why) {
        return and(new Failure(
                unreadable.backup(),
                unreadable.timeline(),
                why.exitCode(),
                String.valueOf(why.getMessage()),
                why.hint()));
    }

    /**
     * These, and a backup that a plan chose and that is damaged in every copy, or lacks objects; after some of them all
     * that are.
     */
    SkippedBackups andDamaged(Chosen damaged, List<BackupCandidate> all) {
        BackupCandidate backup = damaged.backup();
        if (failures.size() >= MOST_NAMED) {
            Set<BackupCandidate> rest =
                    all.stream().filter(BackupCandidate::isDamaged).collect(Collectors.toSet());
            failures.forEach(each -> rest.remove(each.backup()));
            return new SkippedBackups(failures, rest);
        }
        List<String> found =
                backup.copies().stream().flatMap(copy -> copy.flaw().stream()).toList();
        return and(new Failure(
                backup,
                damaged.timeline(),
                ExitCode.DAMAGED,
                String.join(", and ", found),
                "See what is damaged with: tidemark verify " + backup.id()
                        + " (run it again after a repair). To restore this backup as far as it is intact: add --backup "
                        + backup.id()));
    }

    private SkippedBackups and(Failure failure) {
        List<Failure> all = new ArrayList<>(failures);
        all.add(failure);
        return new SkippedBackups(all, others);
    }

    boolean isEmpty() {
        return failures.isEmpty();
    }

    /**
     * All backups that cannot be used, including those that are only in a store that does not answer.
     *
     * @param all every backup of the catalog
     */
    Set<BackupCandidate> among(List<BackupCandidate> all) {
        Set<BackupCandidate> found = new HashSet<>(others);
        for (Failure each : failures) {
            found.add(each.backup());
            if (each.isOfTheStore()) {
                all.stream()
                        .filter(other -> each.backup().repositories().containsAll(other.repositories()))
                        .forEach(found::add);
            }
        }
        return found;
    }

    /** The plan without them, which says why; a problem where it now ends on another timeline, or nothing is left. */
    RecoveryPlan explain(RecoveryPlan instead) {
        if (failures.isEmpty()) {
            return instead;
        }
        List<PlanFinding> findings = new ArrayList<>();
        return switch (instead) {
            case Chosen chosen -> {
                failures.stream()
                        .map(Failure::timeline)
                        .max(Comparator.naturalOrder())
                        .filter(wanted -> !wanted.equals(chosen.timeline()))
                        .ifPresent(wanted -> findings.add(otherTimeline(wanted, chosen.timeline())));
                failures.forEach(each -> findings.add(PlanFinding.warning(
                        PlanFinding.Topic.BACKUP,
                        "backup " + each.backup().id() + " was passed over: " + each.message(),
                        each.hint())));
                if (!others.isEmpty()) {
                    findings.add(PlanFinding.warning(
                            PlanFinding.Topic.BACKUP,
                            Amounts.count(others.size(), "more damaged backup was", "more damaged backups were")
                                    + " passed over",
                            ALL_DAMAGE));
                }
                yield chosen.after(findings);
            }
            case NothingFits nothing -> {
                failures.forEach(each -> findings.add(PlanFinding.problem(
                        each.exitCode(),
                        PlanFinding.Topic.BACKUP,
                        "backup " + each.backup().id() + " leads to the target, but is not reliable: " + each.message(),
                        each.hint())));
                if (!others.isEmpty()) {
                    findings.add(PlanFinding.problem(
                            ExitCode.DAMAGED,
                            PlanFinding.Topic.BACKUP,
                            Amounts.count(others.size(), "more backup is", "more backups are") + " damaged",
                            ALL_DAMAGE));
                }
                // Its first problem says why the other backups do not fit, and that is not why nothing can be restored.
                nothing.findings().stream().skip(1).forEach(findings::add);
                yield new NothingFits(findings);
            }
        };
    }

    private PlanFinding otherTimeline(Timeline wanted, Timeline instead) {
        return PlanFinding.problem(
                failures.getFirst().exitCode(),
                PlanFinding.Topic.TARGET,
                "none of the usable backups leads to timeline " + wanted + ", only to timeline " + instead,
                "To restore that one nevertheless: add --timeline " + instead);
    }
}
