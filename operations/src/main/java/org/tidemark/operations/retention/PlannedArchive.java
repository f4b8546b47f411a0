// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.retention;

import java.util.List;
import java.util.Map;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.retention.RetentionCatalog;
import org.tidemark.retention.RetentionPlan;
import org.tidemark.retention.RetentionSettings;

/**
 * One incarnation in one repository, and what retention does with it at one moment. Immutable.
 *
 * @param repository its name
 * @param settings what decided
 * @param catalog what was read
 * @param silent the repositories of the cluster that did not answer, if something was to go
 * @param lackedBy of the backups that an operator names: another repository that may lack the backup, and would keep it
 */
public record PlannedArchive(
        String repository,
        ClusterArchive archive,
        RetentionSettings settings,
        RetentionCatalog catalog,
        RetentionPlan plan,
        List<String> silent,
        Map<BackupId, String> lackedBy) {
    public PlannedArchive {
        silent = List.copyOf(silent);
        lackedBy = Map.copyOf(lackedBy);
    }
}
