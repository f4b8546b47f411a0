// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.status;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.wal.GivenUpWal;
import org.tidemark.core.Amounts;
import org.tidemark.core.Finding;
import org.tidemark.recoverability.ReachableTimeline;
import org.tidemark.recoverability.ReachableTimeline.LostMoments;
import org.tidemark.watch.status.ClusterStatus.Holding;
import org.tidemark.watch.status.ClusterStatus.Incarnation;
import org.tidemark.watch.status.ClusterStatus.TakenBackup;

/** What is wrong, as far as the repositories and this host tell without PostgreSQL. Pure. */
public final class StatusFindings {
    private StatusFindings() {}

    /**
     * The findings; none is OK. Which repositories could not be read is not among them, unless none could.
     *
     * @param elsewhere the repository where the cluster was found, if it is another host's
     */
    public static List<Finding> of(ClusterStatus status, Optional<String> elsewhere) {
        // Other commands know the clusters of this host alone.
        Optional<String> there = elsewhere.map(
                repository -> "Mend it on its own host. Look with: tidemark fleet --repository " + repository);
        List<Finding> findings = new ArrayList<>(recovery(status, there));
        status.incarnations().stream().findFirst().ifPresent(newest -> findings.addAll(damage(newest, there)));
        status.givenUp().forEach(given -> findings.add(dropped(given)));
        return findings;
    }

    private static List<Finding> recovery(ClusterStatus status, Optional<String> there) {
        if (status.incarnations().isEmpty() && !status.repositories().failures().isEmpty()) {
            return List.of(Finding.critical(
                    "repository",
                    "what can be restored is not known: no repository could be read",
                    there.orElse("See why with: tidemark check")));
        }
        Optional<Holding> together = status.incarnations().stream().findFirst().map(Incarnation::together);
        Optional<ReachableTimeline> latest = together.flatMap(Holding::latest);
        if (together.isEmpty() || latest.isEmpty()) {
            return List.of(Finding.critical(
                    "recovery",
                    "nothing can be restored",
                    there.orElse(
                            "Take a backup with: tidemark backup. If there is one, see why it cannot be restored with:"
                                    + " tidemark list-backup")));
        }
        Optional<LostMoments> open = latest.get().lost().stream()
                .filter(lost -> lost.until().isEmpty())
                .findFirst();
        if (open.isPresent()) {
            return List.of(Finding.critical(
                    "holes",
                    "no moment after " + Amounts.second(open.get().from()) + " can be restored: "
                            + open.get().missing().name() + " is missing",
                    there.orElse("A pg_wal may still have it, until the next checkpoint: look first with: tidemark"
                            + " check. Then take a backup with: tidemark backup")));
        }
        return together.get().recoverable().refusal().stream()
                .map(why -> Finding.critical("recovery", why.getMessage(), there.orElse(why.hint())))
                .toList();
    }

    /** One finding for each repository: an object that many backups need is damaged once. */
    private static List<Finding> damage(Incarnation incarnation, Optional<String> there) {
        List<Finding> findings = new ArrayList<>();
        for (String repository : incarnation.alone().keySet()) {
            List<TakenBackup> damaged = incarnation.backups().stream()
                    .filter(each -> each.damagedIn().contains(repository))
                    .toList();
            if (!damaged.isEmpty()) {
                findings.add(Finding.critical(
                        "damage",
                        Amounts.count(damaged.size(), "backup is", "backups are") + " damaged in '" + repository + "'"
                                + (damaged.size() == 1
                                        ? ": " + damaged.getFirst().id()
                                        : ", from " + damaged.getFirst().id() + " to "
                                                + damaged.getLast().id()),
                        there.orElse("See what is damaged, and how it is repaired, with: tidemark check")));
            }
        }
        return findings;
    }

    private static Finding dropped(GivenUpWal given) {
        return Finding.critical(
                "given-up",
                "this host has dropped WAL that was not archived, from "
                        + given.first().name() + " to " + given.last().name(),
                "See what is lost with: tidemark check");
    }
}
