// SPDX-License-Identifier: Apache-2.0
package org.tidemark.recoverability;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.tidemark.core.Amounts;
import org.tidemark.core.TimelinePath;

/**
 * A backup, the path on from it, and the WAL that leads to the target. Immutable.
 *
 * @param wal the minimum that is read: a target time may be later
 * @param archived all WAL of the path from the backup on
 * @param furthest the segment, counted from 0/0, past which the target cannot be
 * @param findings its problems, warnings and notes
 */
record RecoveryChain(
        BackupCandidate backup,
        TimelinePath path,
        RequiredWal wal,
        RequiredWal archived,
        long furthest,
        List<PlanFinding> findings) {
    RecoveryChain {
        findings = List.copyOf(findings);
    }

    boolean hasProblem() {
        return findings.stream().anyMatch(PlanFinding::isProblem);
    }

    /**
     * Whether no older backup on the path leads to the target either. WAL that was stored after the backup, and before
     * a target time, says that of all WAL before it, whenever that was stored. An older backup may have no damaged
     * pages, which is better.
     */
    boolean leavesPathExhausted(PathWal pathWal) {
        return isBeforeTarget()
                && backup.damagedPages() == 0
                && pathWal.hasWholeSince(backup.wal().last(path.size()).index(path.size()));
    }

    private boolean isBeforeTarget() {
        return findings.stream().anyMatch(RecoveryChain::isOfTarget);
    }

    private static boolean isOfTarget(PlanFinding finding) {
        return finding.isProblem() && finding.topic() == PlanFinding.Topic.TARGET;
    }

    /** That another backup on the same path does not lead to the target. */
    RecoveryChain withoutTarget(BackupCandidate other) {
        return new RecoveryChain(
                other,
                path,
                wal,
                archived,
                furthest,
                findings.stream().filter(RecoveryChain::isOfTarget).toList());
    }

    /** Why another backup is better, if there is one; a problem of the target itself is a problem of every backup. */
    Optional<String> flaw() {
        return Stream.of(PlanFinding.Severity.PROBLEM, PlanFinding.Severity.WARNING)
                .flatMap(severity -> findings.stream()
                        .filter(each -> each.severity() == severity)
                        .filter(each -> each.isProblem() || each.topic() == PlanFinding.Topic.WAL))
                .map(PlanFinding::message)
                .findFirst()
                .or(() -> backup.damagedPages() == 0
                        ? Optional.empty()
                        : Optional.of(
                                "it holds " + Amounts.count(backup.damagedPages(), "page that was", "pages that were")
                                        + " damaged in the cluster itself"));
    }
}
