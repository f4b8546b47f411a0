// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.check;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.ClusterName;
import org.tidemark.core.Finding;
import org.tidemark.core.Finding.Severity;

/**
 * What check found. Immutable.
 *
 * @param repositories the names of those that it looked at
 * @param findings in the order in which things were looked at
 * @param backlogs the queue of each repository, where there are several, or something waits
 */
public record CheckReport(
        ClusterName cluster, List<String> repositories, List<Finding> findings, List<Backlog> backlogs) {
    public CheckReport {
        repositories = List.copyOf(repositories);
        findings = List.copyOf(findings);
        backlogs = List.copyOf(backlogs);
    }

    /**
     * What waits for one repository. Immutable.
     *
     * @param repository what it is called; its id if it is not configured
     * @param bytes that they take in the spool; what another repository holds takes none
     * @param oldest since when the first one waits
     * @param refused what it will never take as it is
     * @param refusedNames the names of the first of them
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

    /** Of the worst finding. */
    public Severity severity() {
        return Finding.worst(findings);
    }
}
