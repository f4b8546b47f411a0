// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.ClusterName;
import org.tidemark.core.Finding;
import org.tidemark.core.Finding.Severity;
import org.tidemark.notify.Notifications.Look;

/**
 * The result of check. Immutable.
 *
 * @param repositories the names of the checked repositories
 * @param findings in the order of the checks
 * @param backlogs the queue of each repository, if there are several, or if a queue is not empty
 */
public record CheckReport(
        ClusterName cluster, List<String> repositories, List<Finding> findings, List<Backlog> backlogs) {
    public CheckReport {
        repositories = List.copyOf(repositories);
        findings = List.copyOf(findings);
        backlogs = List.copyOf(backlogs);
    }

    /**
     * The queue of one repository. Immutable.
     *
     * @param repository its name; its id if it is not configured
     * @param bytes the queue's size in the spool; files that another repository holds take no room
     * @param oldest since when the oldest one has been waiting
     * @param refused the files that the repository refused
     * @param refusedNames the names of the first few refused files
     */
    public record Backlog(
            String repository,
            int objects,
            long bytes,
            Optional<Instant> oldest,
            int refused,
            List<String> refusedNames) {
        public Backlog {
            refusedNames = List.copyOf(refusedNames);
        }
    }

    /** The severity of the worst finding. */
    public Severity severity() {
        return Finding.worst(findings);
    }

    /**
     * What is told of changes.
     *
     * @param at when the check began
     */
    public Look look(Instant at) {
        return new Look(cluster, findings, Subject.blinding(), at);
    }

    /** How many findings of this severity there are. */
    public long count(Severity severity) {
        return findings.stream().filter(each -> each.severity() == severity).count();
    }
}
