// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.util.Optional;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.backup.BaseBackup;

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

    /** The plan for people. */
    public String text() {
        return PlanText.of(this, PlanText.PLANNED);
    }

    /** The plan of a restore that has been done, for people who come to it later. */
    String textAfterwards() {
        return PlanText.of(this, PlanText.DONE);
    }
}
