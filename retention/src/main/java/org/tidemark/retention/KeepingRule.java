// SPDX-License-Identifier: Apache-2.0
package org.tidemark.retention;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.tidemark.retention.RetentionCatalog.PublishedBackup;
import org.tidemark.retention.RetentionPlan.Reason;

/** One rule of a repository's settings, applied to one catalog at one moment. */
interface KeepingRule {
    /**
     * Why the rule keeps a backup; none: it does not. Of a backup that is broken: why it would if that one alone were
     * repaired.
     */
    List<Reason> reasons(PublishedBackup backup);

    /** When time alone ends all reasons; empty if that is not known, or never. */
    default Optional<Instant> ends(PublishedBackup backup) {
        return Optional.empty();
    }
}
