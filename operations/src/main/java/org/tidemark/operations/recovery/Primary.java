// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.recovery;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.ConnectionSettings;
import org.tidemark.postgres.ControlFile;
import org.tidemark.postgres.ControlFile.ClusterState;
import org.tidemark.postgres.ReplicationConnection;
import org.tidemark.postgres.ReplicationConnection.SystemIdentity;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.recoverability.PlanFinding.Topic;
import org.tidemark.restore.PreparedRestore;
import org.tidemark.restore.RestorePlan;
import org.tidemark.restore.TargetFacts;
import org.tidemark.restore.TargetFacts.ClusterFacts;

/**
 * The server that a restored standby is to follow, as it answered over the protocol by which it will be followed.
 * Immutable.
 *
 * @param address for people
 * @param failure why it did not answer; without one there is an identity
 */
public record Primary(String address, Optional<SystemIdentity> identity, Optional<UserFacingException> failure) {
    /** Asks it. */
    public static Primary ask(ConnectionSettings settings) {
        try (ReplicationConnection connection = ReplicationConnection.open(settings)) {
            return new Primary(
                    connection.walSender().address().toString(),
                    Optional.of(connection.identifySystem()),
                    Optional.empty());
        } catch (UserFacingException e) {
            return new Primary(settings.addresses().getFirst().toString(), Optional.empty(), Optional.of(e));
        }
    }

    /** The plan of a standby, with what its primary means for it. */
    public PreparedRestore seenFrom(PreparedRestore prepared) {
        return prepared.plan() instanceof RestorePlan.Chosen chosen
                ? prepared.with(
                        chosen,
                        identity.map(found -> findings(prepared, chosen, found)).orElseGet(this::unreached))
                : prepared;
    }

    private List<PlanFinding> unreached() {
        UserFacingException why = failure.orElseThrow();
        return List.of(PlanFinding.warning(
                Topic.SETTINGS,
                "the primary at " + address + " cannot be followed yet: " + why.getMessage(),
                why.hint() + " Until then the standby replays what is archived, and asks again every few seconds."));
    }

    private List<PlanFinding> findings(PreparedRestore prepared, RestorePlan.Chosen plan, SystemIdentity found) {
        if (!found.system().equals(prepared.cluster().system())) {
            return List.of(PlanFinding.problem(
                    ExitCode.RESTORE_REFUSED,
                    Topic.SETTINGS,
                    "the server at " + address + " is of system " + found.system() + ", and the backup of system "
                            + prepared.cluster().system() + ": a standby of the one cannot follow the other",
                    "Name the primary of this cluster with --primary."));
        }
        List<PlanFinding> findings = new ArrayList<>();
        if (plan.timeline().compareTo(found.timeline()) > 0) {
            findings.add(PlanFinding.problem(
                    ExitCode.RESTORE_REFUSED,
                    Topic.SETTINGS,
                    "the archived WAL leads to timeline " + plan.timeline() + ", and the server at " + address
                            + " writes timeline " + found.timeline() + ": a standby on the one cannot follow the other",
                    "Is there a newer primary, which was promoted? Name it with --primary. If timeline "
                            + plan.timeline() + " is of no use any more: add --timeline " + found.timeline()));
        } else {
            findings.add(PlanFinding.note(
                    Topic.SETTINGS,
                    "the primary at " + address + " answers: timeline " + found.timeline() + ", at "
                            + found.flushed()));
        }
        prepared.facts().flatMap(TargetFacts::cluster).ifPresent(facts -> addRivals(plan, facts, found, findings));
        plan.pinned()
                .ifPresent(timeline -> findings.add(PlanFinding.warning(
                        Topic.SETTINGS,
                        "this standby stays on timeline " + timeline
                                + ": when another standby is promoted, it does not follow that",
                        "Without --timeline it follows.")));
        return findings;
    }

    /** A cluster that the restore goes over may be the primary, or be ahead of the server that was named as one. */
    private void addRivals(
            RestorePlan.Chosen plan, ClusterFacts facts, SystemIdentity found, List<PlanFinding> findings) {
        String name = "the data directory '" + plan.request().directory() + "'";
        facts.control()
                .map(Position::of)
                .filter(position -> position.isAheadOf(found))
                .ifPresent(position -> findings.add(PlanFinding.problem(
                        ExitCode.RESTORE_REFUSED,
                        Topic.WRITE,
                        name + " holds WAL up to " + position.lsn() + " of timeline " + position.timeline()
                                + ", and the server at " + address + " has written up to " + found.flushed()
                                + " of timeline " + found.timeline() + ": the directory may be the real primary's",
                        "Is another server the primary? Name it with --primary. If not, restore into a new"
                                + " directory; this one is not touched.")));
        if (facts.use() == ClusterFacts.Use.UNKNOWN
                && facts.control()
                        .filter(each -> each.state() == ClusterState.IN_PRODUCTION
                                && each.timeline().equals(found.timeline()))
                        .isPresent()) {
            findings.add(PlanFinding.problem(
                    ExitCode.RESTORE_REFUSED,
                    Topic.WRITE,
                    name + " holds a postmaster.pid, and was written by the primary of timeline " + found.timeline()
                            + ", as which the server at " + address + " runs: it may be that server's own",
                    "Restore into a new directory; this one is not touched."));
        }
    }

    /**
     * Up to where a cluster has certainly written.
     *
     * @param timeline on which that is
     */
    private record Position(Timeline timeline, Lsn lsn) {
        static Position of(ControlFile control) {
            Position checkpoint =
                    new Position(control.timeline(), control.checkpoint().location());
            Lsn replayed = control.recovery().minRecoveryPoint();
            return replayed.compareTo(checkpoint.lsn) > 0
                    ? new Position(new Timeline(control.recovery().minRecoveryTimeline()), replayed)
                    : checkpoint;
        }

        boolean isAheadOf(SystemIdentity primary) {
            int timelines = timeline.compareTo(primary.timeline());
            return timelines > 0 || (timelines == 0 && lsn.compareTo(primary.flushed()) > 0);
        }
    }
}
