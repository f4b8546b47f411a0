// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.wal;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.tidemark.catalog.wal.ContentComparison;
import org.tidemark.catalog.wal.ContentComparison.Side;
import org.tidemark.catalog.wal.GivenUpWal;
import org.tidemark.catalog.wal.RemovedWal;
import org.tidemark.core.ExitCode;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.UtcTime;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.recoverability.RequiredWal;
import org.tidemark.restore.plan.RestorePlan.Chosen;
import org.tidemark.restore.request.Role;

/**
 * What a plan says of the WAL that it needs, beside which of it is missing.
 *
 * @param met segments of which no copy is good, beside those that verify has noted
 */
public record WalFindings(List<Holding> holdings, Set<Segment> met) {
    /**
     * Says of missing WAL that it is damaged, or that it was removed or dropped on purpose: nobody needs to look for
     * that in pg_wal of an old server.
     */
    public List<PlanFinding> whyMissing(Chosen chosen) throws IOException {
        List<PlanFinding> notes = new ArrayList<>();
        if (!chosen.wal().isWhole()) {
            met.stream()
                    .filter(segment -> chosen.wal().holes().stream().anyMatch(hole -> hole.holds(segment)))
                    .map(segment -> PlanFinding.note(
                            PlanFinding.Topic.WAL, segment.name() + " is there, but damaged wherever it is"))
                    .forEach(notes::add);
            for (Holding each : holdings) {
                each.damaged().found().forEach((segment, at) -> {
                    if (chosen.wal().holes().stream().anyMatch(hole -> hole.holds(segment))) {
                        notes.add(PlanFinding.note(
                                PlanFinding.Topic.WAL,
                                segment.name() + " is in '" + each.repository() + "', but damaged, as verify found at "
                                        + UtcTime.seconds(at)));
                    }
                });
                for (RemovedWal removed : each.archive().wal().gaps().removed()) {
                    if (chosen.wal().holes().stream().anyMatch(hole -> removed.overlaps(hole.first(), hole.last()))) {
                        notes.add(PlanFinding.note(
                                PlanFinding.Topic.WAL,
                                "an expiry removed " + new RequiredWal.Run(removed.first(), removed.last()) + " from '"
                                        + each.repository() + "', the last part at "
                                        + UtcTime.seconds(removed.at())));
                    }
                }
                for (GivenUpWal given : each.archive().wal().gaps().givenUp()) {
                    if (chosen.wal().holes().stream().anyMatch(hole -> given.overlaps(hole.first(), hole.last()))) {
                        notes.add(PlanFinding.note(
                                PlanFinding.Topic.WAL,
                                new RequiredWal.Run(given.first(), given.last()) + " was never archived: "
                                        + given.story()));
                    }
                }
            }
        }
        return notes;
    }

    /**
     * Where the archived WAL ends before WAL that is there, and damaged wherever it is, and the recovery goes that far:
     * one of everything, and one to a target that is not before it. PostgreSQL asks for it, and wal-fetch ends the
     * recovery, since it would end early otherwise. That may be the next segment, or the one in which a timeline
     * begins: its parent's, which is good, is not taken instead.
     */
    public Optional<PlanFinding> damagedEnd(Chosen chosen) {
        if (!(chosen.request().role() instanceof Role.Recovery recovery)
                || !goesOn(chosen, recovery.target())
                || !chosen.recovery().archived().isWhole()
                || !endsWithTheArchive(chosen)) {
            return Optional.empty();
        }
        Set<Segment> asked = chosen.wal()
                .askedAfter(
                        chosen.timeline(),
                        holdings.getFirst().archive().identity().walSegmentSize());
        return Stream.concat(met.stream(), holdings.stream().flatMap(each -> each.damaged().segments().stream()))
                .filter(asked::contains)
                .min(Comparator.naturalOrder())
                .map(segment -> PlanFinding.problem(
                        ExitCode.DAMAGED,
                        PlanFinding.Topic.WAL,
                        segment.name()
                                + " follows, and is damaged wherever it is: the recovery would fail there, rather"
                                + " than end without what was committed in it",
                        "Is it in pg_wal of the original server? A copy there, or in another repository, is good (tidemark"
                                + " sync). If it is lost for good, remove the damaged objects that wal-verify names, and"
                                + " plan again."));
    }

    /** Whether the recovery does not end before the end of the archived WAL, as far as that was read. */
    private static boolean goesOn(Chosen chosen, RecoveryTarget target) {
        return switch (target) {
            case RecoveryTarget.Latest _ -> true;
            case RecoveryTarget.Immediate _ -> false;
            case RecoveryTarget.AtTime _, RecoveryTarget.AtLsn _, RecoveryTarget.AtXid _ ->
                !chosen.recovery().isEndKnown();
            case RecoveryTarget.AtRestorePoint _ ->
                chosen.problems().stream().anyMatch(each -> each.exitCode() == ExitCode.TARGET_UNREACHABLE);
        };
    }

    private static boolean endsWithTheArchive(Chosen chosen) {
        List<RequiredWal.Run> needed = chosen.wal().runs();
        List<RequiredWal.Run> archived = chosen.recovery().archived().runs();
        return !needed.isEmpty()
                && !archived.isEmpty()
                && needed.getLast().last().equals(archived.getLast().last());
    }

    /**
     * Two servers may have written one timeline, each into a repository of its own: their WAL does not fit together.
     */
    public List<PlanFinding> conflicts(Chosen chosen) throws IOException {
        List<Side> sides = holdings.stream()
                .map(each -> new Side(
                        each.repository(), each.archive().wal(), each.wal().listed()))
                .toList();
        List<PlanFinding> found = new ArrayList<>();
        for (ContentComparison each : ContentComparison.pairs(sides)) {
            conflict(chosen, each).ifPresent(found::add);
        }
        return found;
    }

    private Optional<PlanFinding> conflict(Chosen chosen, ContentComparison comparison) throws IOException {
        for (RequiredWal.Run run : chosen.wal().runs().reversed()) {
            Optional<Segment> from = comparison.firstConflict(
                    run.first().timeline(),
                    run.first().index(holdings.getFirst().archive().identity().walSegmentSize()),
                    run.last().index(holdings.getFirst().archive().identity().walSegmentSize()));
            if (from.isPresent()) {
                return Optional.of(PlanFinding.problem(
                        ExitCode.WAL_CONFLICT,
                        PlanFinding.Topic.WAL,
                        comparison.inWords(from.get()),
                        "Restore what one of the servers has written: add --repository "
                                + comparison.one().repository() + ", or --repository "
                                + comparison.other().repository()));
            }
        }
        return Optional.empty();
    }
}
