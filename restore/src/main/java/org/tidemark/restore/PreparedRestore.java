// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.core.ExitCode;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.UtcTime;

/**
 * A plan, and what it was made from. Immutable.
 *
 * @param backup the chosen one
 * @param facts what the target host says; empty if there is nothing to be written
 * @param start how the restored server is started
 * @param program how this program is called in what an operator copies
 */
public record PreparedRestore(
        ClusterIdentity cluster,
        RestorePlan plan,
        Optional<BaseBackup> backup,
        Optional<TargetFacts> facts,
        ServerStart start,
        NextSteps.Program program) {
    PreparedRestore(
            ClusterIdentity cluster, RestorePlan plan, Optional<BaseBackup> backup, Optional<TargetFacts> facts) {
        this(cluster, plan, backup, facts, ServerStart.PLAIN, NextSteps.Program.PLAIN);
    }

    /** The same, with this program called as it has to be called. */
    public PreparedRestore calling(NextSteps.Program as) {
        return new PreparedRestore(cluster, plan, backup, facts, start, as);
    }

    /** The same, whose first problem is that another incarnation of the cluster holds the target. */
    public PreparedRestore heldByIncarnation(SystemIdentifier other, BackupCandidate backup) {
        List<Finding> findings = new ArrayList<>();
        findings.add(Finding.problem(
                ExitCode.TARGET_UNREACHABLE,
                Finding.Topic.TARGET,
                "the target is in another incarnation of cluster '" + cluster.cluster() + "': system " + other
                        + ", whose backup " + backup.id() + " ended at " + UtcTime.seconds(backup.ended()),
                "Restore that incarnation: add --backup " + backup.id()));
        findings.addAll(plan.findings());
        return new PreparedRestore(cluster, new RestorePlan.NothingFits(plan.request(), findings), backup(), facts);
    }

    /** The plan for people. */
    public String text() {
        return PlanText.of(this, PlanText.PLANNED);
    }

    /** The plan of a restore that has been done, for people who come to it later. */
    String textAfterwards() {
        return PlanText.of(this, PlanText.DONE);
    }
}
