// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.retention;

import java.io.IOException;
import java.time.Instant;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.operations.Session;
import org.tidemark.retention.CatalogReading;
import org.tidemark.retention.RetentionCatalog;
import org.tidemark.retention.RetentionPlan;
import org.tidemark.retention.RetentionPlanner;
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
        RetentionPlan plan) {
    /** Reads the archive and plans. Nothing is changed. */
    public static PlannedArchive read(
            Session session, String repository, ClusterArchive archive, RetentionSettings settings, Instant now)
            throws IOException {
        RetentionCatalog catalog = CatalogReading.of(archive, session.backups(archive), now);
        // An unmounted disk lists nothing: an empty listing is believed only after this check.
        archive.repository().confirmPresent();
        return new PlannedArchive(
                repository, archive, settings, catalog, RetentionPlanner.plan(settings, catalog, now));
    }

    /** What other settings would do with the same. */
    public PlannedArchive with(RetentionSettings other, Instant now) {
        return new PlannedArchive(repository, archive, other, catalog, RetentionPlanner.plan(other, catalog, now));
    }
}
