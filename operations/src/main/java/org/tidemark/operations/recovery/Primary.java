// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.recovery;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.ConnectionSettings;
import org.tidemark.postgres.ReplicationConnection;
import org.tidemark.postgres.ReplicationConnection.SystemIdentity;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.recoverability.PlanFinding.Topic;
import org.tidemark.restore.PreparedRestore;
import org.tidemark.restore.RestorePlan;

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
        plan.pinned()
                .ifPresent(timeline -> findings.add(PlanFinding.warning(
                        Topic.SETTINGS,
                        "this standby stays on timeline " + timeline
                                + ": when another standby is promoted, it does not follow that",
                        "Without --timeline it follows.")));
        return findings;
    }
}
