// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.retention;

import org.tidemark.catalog.ClusterArchive;
import org.tidemark.retention.RetentionCatalog;
import org.tidemark.retention.RetentionPlan;
import org.tidemark.retention.RetentionSettings;

/**
 * One incarnation in one repository, and what retention does with it at one moment. Immutable.
 *
 * @param repository its name
 * @param settings what decided
 * @param catalog what was read
 */
public record PlannedArchive(
        String repository,
        ClusterArchive archive,
        RetentionSettings settings,
        RetentionCatalog catalog,
        RetentionPlan plan) {}
