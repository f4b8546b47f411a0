// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.plan;

import java.nio.file.Path;
import java.util.Optional;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.restore.plan.RestorePlan.TargetDirectory;
import org.tidemark.restore.plan.TargetFacts.ClusterFacts;
import org.tidemark.restore.plan.TargetFacts.Content;

/**
 * Whether a restore may go over what is in a directory: only over a cluster of the same system that no server uses.
 * Pure.
 *
 * @param isStopped whether the operator knows that no server uses the directory, on any host
 * @param system that of the backup
 * @param cluster what is known of the cluster in the data directory
 */
record DeltaCheck(boolean isStopped, SystemIdentifier system, Optional<ClusterFacts> cluster) {
    /** The problem of a directory; empty if it may be gone over, or if it is for {@link Preflight} to judge. */
    Optional<PlanFinding> problem(TargetDirectory target, Content content) {
        return switch (target) {
            case TargetDirectory.DataDirectory data -> problem(data);
            case TargetDirectory.Tablespace tablespace -> problem(tablespace, content);
            case TargetDirectory.WalDirectory wal -> problem(wal);
        };
    }

    private Optional<PlanFinding> problem(TargetDirectory.DataDirectory data) {
        String name = data.title() + " '" + data.path() + "'";
        Optional<SystemIdentifier> found = cluster.flatMap(ClusterFacts::system);
        if (found.isEmpty()) {
            return refused(
                    name + " has no global/pg_control that can be read: nothing proves which cluster it holds",
                    "Restore into a new directory; this one is not touched.");
        }
        if (!found.get().equals(system)) {
            return refused(
                    name + " holds a cluster of system " + found.get() + ", and the backup is of system " + system,
                    "Restore into another directory; this one is not touched.");
        }
        Optional<String> shared = cluster.flatMap(ClusterFacts::shared);
        if (shared.isPresent()) {
            return refused(
                    shared.get(),
                    "Is '" + data.path()
                            + "' a copy of that cluster? Restore into a new directory; this one is not touched.");
        }
        return inUse(name, cluster.orElseThrow().use(), isStopped);
    }

    /** @param name of the data directory, in messages */
    static Optional<PlanFinding> inUse(String name, ClusterFacts.Use use, boolean isStopped) {
        return switch (use) {
            case NONE -> Optional.empty();
            case RUNNING ->
                refused("a server runs in " + name, "Stop it, by its service or by pg_ctl stop. Then try again.");
            case UNKNOWN ->
                isStopped
                        ? Optional.empty()
                        : refused(
                                name + " holds a postmaster.pid, and its process is not seen here: a server may run in"
                                        + " another container or on another host",
                                "If no server uses this directory anywhere, add --stopped.");
        };
    }

    /** A cluster's pg_wal stays where it is. */
    private Optional<PlanFinding> problem(TargetDirectory.WalDirectory wal) {
        Optional<Path> there = cluster.map(facts -> facts.links().get("pg_wal"));
        return there.isEmpty() || there.get().equals(wal.path())
                ? Optional.empty()
                : refused(
                        "pg_wal of the cluster is '" + there.get() + "', and a restore over a cluster does not move it",
                        "Leave out --wal-dir, or restore into a new directory.");
    }

    /**
     * Another cluster's tablespaces may be beside ours: only the link in pg_tblspc, or a marker, proves whose it is.
     */
    private Optional<PlanFinding> problem(TargetDirectory.Tablespace tablespace, Content content) {
        return isOf(cluster, tablespace, content)
                ? Optional.empty()
                : refused(
                        tablespace.title() + " '" + tablespace.path()
                                + "' is in use, and not by the cluster in the data directory",
                        Preflight.elsewhere(tablespace));
    }

    /** Whether a tablespace is of the cluster in the data directory, or of a restore. */
    static boolean isOf(Optional<ClusterFacts> cluster, TargetDirectory.Tablespace tablespace, Content content) {
        return content instanceof Content.CutOff
                || content instanceof Content.Unfinished
                || cluster.map(facts -> facts.links().get(tablespace.oid()))
                        .map(Path::normalize)
                        .filter(tablespace.path()::equals)
                        .isPresent();
    }

    private static Optional<PlanFinding> refused(String message, String hint) {
        return Optional.of(Preflight.refused(message, hint));
    }
}
