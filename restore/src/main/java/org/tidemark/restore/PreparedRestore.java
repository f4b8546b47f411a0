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
 */
public record PreparedRestore(
        ClusterIdentity cluster, RestorePlan plan, Optional<BaseBackup> backup, Optional<TargetFacts> facts) {
    /** The plan for people. */
    public String text() {
        return PlanText.of(this);
    }
}
