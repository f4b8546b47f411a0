// SPDX-License-Identifier: Apache-2.0
package org.tidemark.recoverability;

import static org.tidemark.recoverability.PlanFinding.Topic.TARGET;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.TimelinePath;
import org.tidemark.core.UtcTime;
import org.tidemark.postgres.wal.TimelineBeginning;

/**
 * Finds the timelines that compete with the newest one: a server went on archiving along them after the newest one
 * began, and no backup of the newest one was taken since. After a failover the old primary is dead, or falls silent
 * before the next backup; a test copy that was promoted lives beside a primary that goes on. The WAL itself says when
 * each was written, and when the newest one began; the times of the store count only where it does not.
 */
record CompetingTimelines(CatalogSnapshot catalog) {
    /** A timeline that is not on the path, and its known facts. */
    private record Rival(Timeline timeline, LastWritten last) {}

    /**
     * A problem, and a note for each timeline; none where the operator has chosen, or the target is before the place
     * where the timelines part.
     *
     * @param backups those that the operator allows
     */
    List<PlanFinding> of(RecoveryRequest request, RecoveryChain chain, List<BackupCandidate> backups) {
        if (!(request.timeline() instanceof TimelineChoice.Latest)
                || request.target() instanceof RecoveryTarget.Immediate) {
            return List.of();
        }
        List<Rival> rivals = new ArrayList<>();
        for (Timeline other : catalog.wal().timelines()) {
            boolean allowed = request.backupId().isEmpty()
                    || catalog.history(other).stream()
                            .anyMatch(history ->
                                    backups.stream().anyMatch(each -> history.passes(each.timeline(), each.stopLsn())));
            // A later timeline without its history is a problem of its own.
            boolean known = catalog.history(other).isPresent()
                    || other.compareTo(chain.path().timeline()) < 0;
            if (allowed && known) {
                rival(other, request.target(), chain).ifPresent(rivals::add);
            }
        }
        return rivals.isEmpty() ? List.of() : findings(chain.path(), rivals);
    }

    private Optional<Rival> rival(Timeline other, RecoveryTarget target, RecoveryChain chain) {
        TimelinePath path = chain.path();
        if (endsBeforeTheFork(other, target, chain)) {
            return Optional.empty();
        }
        Optional<LastWritten> last = LastWritten.beside(path, other, catalog);
        if (last.isEmpty()) {
            return Optional.empty();
        }
        Instant newest = last.get().at();
        // The timelines that the path takes where the other one went on by itself.
        List<Timeline> branch = timelines(path.history()).stream()
                .filter(each -> catalog.history(other)
                        .map(known -> !known.includes(each))
                        .orElse(each.compareTo(other) > 0))
                .toList();
        Optional<Instant> begun = begun(branch);
        boolean later = branch.isEmpty() || begun.filter(newest::isAfter).isPresent();
        boolean backedUp = catalog.backups().stream()
                .filter(each -> each.timeline().equals(other) && !each.isOn(path))
                .anyMatch(each -> begun.filter(each.ended()::isAfter).isPresent());
        boolean settled = catalog.backups().stream()
                .filter(each -> each.isOn(path))
                .filter(each -> branch.isEmpty() || branch.contains(each.timeline()))
                .anyMatch(each -> each.ended().isAfter(newest));
        return backedUp || (later && !settled) ? Optional.of(new Rival(other, last.get())) : Optional.empty();
    }

    /** When the first of these timelines began, at the earliest; each other one comes from it. */
    private Optional<Instant> begun(List<Timeline> branch) {
        return branch.stream()
                .findFirst()
                .flatMap(catalog::beginning)
                .map(TimelineBeginning::earliest)
                .or(() -> branch.stream()
                        .flatMap(each -> catalog.begun(each).stream())
                        .min(Instant::compareTo));
    }

    /** Whether the recovery ends before the segment in which the two timelines part. */
    private boolean endsBeforeTheFork(Timeline other, RecoveryTarget target, RecoveryChain chain) {
        if (!(target instanceof RecoveryTarget.AtLsn || target instanceof RecoveryTarget.AtTime)) {
            return false;
        }
        TimelinePath path = chain.path();
        return fork(other, path.history())
                .filter(at -> chain.furthest() < path.size().segmentNumber(at))
                .isPresent();
    }

    private Optional<Lsn> fork(Timeline other, TimelineHistory history) {
        Optional<TimelineHistory> ancestry = catalog.history(other);
        return timelines(history).stream()
                .filter(each -> ancestry.filter(known -> known.includes(each)).isPresent())
                .max(Comparator.naturalOrder())
                .flatMap(common -> Stream.of(history.endOf(common), ancestry.flatMap(known -> known.endOf(common)))
                        .flatMap(Optional::stream)
                        .min(Lsn::compareTo));
    }

    private static Set<Timeline> timelines(TimelineHistory history) {
        Set<Timeline> all = new TreeSet<>();
        history.switches().forEach(each -> all.add(each.parent()));
        all.add(history.timeline());
        return all;
    }

    private List<PlanFinding> findings(TimelinePath path, List<Rival> rivals) {
        Timeline chosen = path.timeline();
        String others = rivals.stream().map(each -> each.timeline().toString()).collect(Collectors.joining(", "));
        List<PlanFinding> findings = new ArrayList<>();
        findings.add(PlanFinding.problem(
                ExitCode.TARGET_UNREACHABLE,
                TARGET,
                "timeline " + chosen + " is the newest that a backup leads to, and timeline " + others
                        + " was archived to after it began: Tidemark cannot tell which of them is right",
                "Recover with --timeline " + chosen
                        + rivals.stream()
                                .map(each -> " or --timeline " + each.timeline())
                                .collect(Collectors.joining())
                        + ", whichever is right. If it is " + chosen
                        + ", settle it: stop the other server's archiving, then take a backup of the right one. If not,"
                        + " stop its archiving, and put aside wal/" + chosen.toHex() + " and history/" + chosen.toHex()
                        + ".history of each repository, then pg_wal/" + chosen.toHex()
                        + ".history of each standby (docs/repair/conflict.md)."));
        findings.add(note(chosen, LastWritten.on(path, catalog)));
        rivals.forEach(each -> findings.add(note(each.timeline(), Optional.of(each.last()))));
        return findings;
    }

    /** A segment does not name the host that archived it; a backup names the host that took it. */
    private PlanFinding note(Timeline timeline, Optional<LastWritten> last) {
        String backup = catalog.backups().stream()
                .filter(each -> each.timeline().equals(timeline))
                .max(Comparator.comparing(BackupCandidate::ended))
                .map(each -> "newest backup " + each.id() + ", ended " + UtcTime.seconds(each.ended())
                        + ", taken on host '" + each.host() + "'")
                .orElse("no backup of its own");
        return PlanFinding.note(
                TARGET,
                "timeline " + timeline + last.map(each -> ": " + each.inWords()).orElse(": no WAL") + "; " + backup);
    }
}
