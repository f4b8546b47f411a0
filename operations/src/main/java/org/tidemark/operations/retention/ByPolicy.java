// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.retention;

import java.time.Instant;
import org.tidemark.retention.RetentionCatalog;
import org.tidemark.retention.RetentionPlan;
import org.tidemark.retention.RetentionPlanner;
import org.tidemark.retention.RetentionSettings;

/**
 * What the configured policy lets go.
 *
 * @param all everything at once, rather than a part of the backups
 */
public record ByPolicy(boolean all) implements ExpiryRun.Planning {
    @Override
    public RetentionPlan plan(RetentionSettings settings, RetentionCatalog catalog, Instant now) {
        return all ? RetentionPlanner.plan(settings, catalog, now) : RetentionPlanner.planRun(settings, catalog, now);
    }

    @Override
    public String why(RetentionSettings settings) {
        return settings.policy().map(Object::toString).orElse("");
    }
}
