// SPDX-License-Identifier: Apache-2.0
package org.tidemark.server.promotion;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.Finding;
import org.tidemark.core.Finding.Severity;
import org.tidemark.core.Lsn;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.TimelineHistory.Switch;

/**
 * Decides whether a standby can follow another server without being made again: all that it has must be a part of what
 * that server has. Pure and immutable.
 *
 * @param findings a critical one forbids it
 */
public record FollowPlan(List<Finding> findings) {
    private static final String STANDBY = "standby";
    private static final String PRIMARY = "primary";

    public FollowPlan {
        findings = List.copyOf(findings);
    }

    /**
     * The standby.
     *
     * @param recovers false if it is a primary already
     * @param timeline that it replays
     * @param at up to where it has replayed or received, whichever is further
     * @param targetTimeline its setting recovery_target_timeline
     * @param slot its setting primary_slot_name; may be empty
     * @param delay how long after a commit it is replayed; zero if it is not delayed
     */
    record Standby(
            SystemIdentifier system,
            boolean recovers,
            Timeline timeline,
            Lsn at,
            String targetTimeline,
            String slot,
            Duration delay) {}

    /**
     * The server that it is to follow.
     *
     * @param address for people
     * @param isItself whether it is the very standby
     * @param recovers whether it is a standby itself; empty if the role may not ask
     * @param at up to where it has written, or replayed
     * @param history of its timeline
     */
    record Upstream(
            String address,
            SystemIdentifier system,
            boolean isItself,
            Optional<Boolean> recovers,
            Timeline timeline,
            Lsn at,
            TimelineHistory history,
            Optional<Boolean> hasSlot) {}

    static FollowPlan of(Standby standby, Upstream upstream) {
        List<Finding> findings = new ArrayList<>();
        if (!standby.recovers()) {
            findings.add(Finding.critical(
                    STANDBY,
                    "the server is not a standby: it accepts writes",
                    "If it is an old primary, stop it, and make it a standby with: tidemark clone --to DIR --primary"
                            + " CONNINFO"));
        }
        if (!standby.system().equals(upstream.system())) {
            findings.add(Finding.critical(
                    PRIMARY,
                    "the server at " + upstream.address() + " has system identifier " + upstream.system()
                            + ", and the standby has " + standby.system(),
                    "Name the primary of this cluster with --primary."));
            return new FollowPlan(findings);
        }
        if (upstream.isItself()) {
            findings.add(Finding.critical(
                    PRIMARY,
                    "the server at " + upstream.address() + " is this standby itself",
                    "Name the primary of this cluster with --primary."));
            return new FollowPlan(findings);
        }
        findings.add(path(standby, upstream));
        if (upstream.recovers().orElse(false)) {
            findings.add(Finding.warning(
                    PRIMARY,
                    "the server at " + upstream.address() + " is a standby itself",
                    "The standby will follow it in a cascade. To follow the primary, name that with --primary."));
        }
        if (!standby.targetTimeline().equals("latest") && !standby.timeline().equals(upstream.timeline())) {
            findings.add(Finding.critical(
                    STANDBY,
                    "recovery_target_timeline is '" + standby.targetTimeline()
                            + "': the standby does not change to timeline " + upstream.timeline(),
                    "Set it to 'latest', restart the standby, and try again."));
        }
        if (!standby.slot().isEmpty() && !upstream.hasSlot().equals(Optional.of(true))) {
            findings.add(slot(standby.slot(), upstream));
        }
        return new FollowPlan(findings);
    }

    private static Finding slot(String slot, Upstream upstream) {
        String create = "psql, there: SELECT pg_create_physical_replication_slot('" + slot + "', true)";
        return upstream.hasSlot().isPresent()
                ? Finding.critical(
                        STANDBY,
                        "primary_slot_name is '" + slot + "', and the server at " + upstream.address()
                                + " has no such slot: it would reject the standby",
                        "Create the slot, by " + create)
                : Finding.warning(
                        STANDBY,
                        "primary_slot_name is '" + slot + "': without that slot the server at " + upstream.address()
                                + " rejects the standby, and this role cannot look for it",
                        "If it is missing, create it, by " + create);
    }

    /** Whether what the standby has is a part of what the other server has. */
    private static Finding path(Standby standby, Upstream upstream) {
        String again =
                "It cannot follow. Stop it, and make it again, reading only what differs: tidemark clone --to DIR"
                        + " --primary CONNINFO";
        if (standby.timeline().compareTo(upstream.timeline()) > 0) {
            return Finding.critical(
                    STANDBY,
                    "the standby is on timeline " + standby.timeline() + ", and the server at " + upstream.address()
                            + " on timeline " + upstream.timeline(),
                    "Is another server the primary? Name it with --primary.");
        }
        boolean isSame = standby.timeline().equals(upstream.timeline());
        Optional<Lsn> end = isSame
                ? Optional.of(upstream.at())
                : upstream.history().switches().stream()
                        .filter(each -> each.parent().equals(standby.timeline()))
                        .map(Switch::at)
                        .findFirst();
        if (end.isEmpty()) {
            return Finding.critical(
                    STANDBY,
                    "timeline " + standby.timeline() + " of the standby is no ancestor of timeline "
                            + upstream.timeline(),
                    again);
        }
        if (standby.at().compareTo(end.get()) > 0) {
            return Finding.critical(
                    STANDBY,
                    "the standby has WAL of timeline " + standby.timeline() + " up to " + standby.at()
                            + (isSame
                                    ? ", and the server at " + upstream.address() + " up to " + end.get()
                                    : ", and timeline " + upstream.timeline() + " began at " + end.get()),
                    again);
        }
        return Finding.ok(
                STANDBY,
                "the standby is at " + standby.at() + " of timeline " + standby.timeline()
                        + (isSame ? "" : "; timeline " + upstream.timeline() + " began at " + end.get()));
    }

    public boolean isAllowed() {
        return Finding.worst(findings) != Severity.CRITICAL;
    }
}
