// SPDX-License-Identifier: Apache-2.0
package org.tidemark.retention;

import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import org.tidemark.catalog.layout.BackupId;

/**
 * What goes from one archive. Every command that tells or removes what goes asks here: they differ by the rule, by how
 * recently the catalog was listed, and by nothing else. Pure, but for what the other repositories are asked. Immutable.
 *
 * @param catalog what was read, with what the other repositories keep if the rule heeds it
 * @param alone what would go if there were no other repository
 * @param awaited what other repositories may need; nothing if {@code alone} removes nothing
 * @param plan what goes
 */
public record ExpiryOutlook(RetentionCatalog catalog, RetentionPlan alone, Awaited awaited, RetentionPlan plan) {
    /** What decides; asked once for an archive alone, and again with what the others need. */
    @FunctionalInterface
    public interface Rule {
        RetentionPlan plan(RetentionCatalog catalog, Awaited awaited, Instant now);
    }

    /** The other repositories of a cluster, which are read when something is to go, and not before. */
    @FunctionalInterface
    public interface Others {
        /** What they may need of an archive, and what it needs itself for the backups that it has to get from them. */
        Awaited awaited(RetentionCatalog held);

        /** The archive with the backups that stay because another repository keeps them; by itself, no more stay. */
        default RetentionCatalog kept(RetentionCatalog held) {
            return held;
        }
    }

    /** By a policy, all that it lets go. */
    public static Rule byPolicy(RetentionSettings settings) {
        return (catalog, awaited, now) -> RetentionPlanner.plan(settings, catalog, awaited, now);
    }

    /** By a policy, as much as goes in the first run after it was changed. */
    public static Rule byChangedPolicy(RetentionSettings settings) {
        return (catalog, awaited, now) -> RetentionPlanner.planRun(settings, catalog, awaited, now);
    }

    /** What an operator names goes, whatever another repository lacks; the WAL that it lacks stays. */
    public static Rule named(Set<BackupId> ids) {
        return (catalog, awaited, now) -> RetentionPlanner.without(ids, catalog, awaited.walAlone(), now);
    }

    /** Plans for one archive. */
    public static ExpiryOutlook of(Rule rule, RetentionCatalog catalog, Others others, Instant now) {
        RetentionPlan alone = rule.plan(catalog, Awaited.NOTHING, now);
        if (alone.removesNothing()) {
            return new ExpiryOutlook(catalog, alone, Awaited.NOTHING, alone);
        }
        Awaited awaited = others.awaited(catalog);
        RetentionCatalog kept = others.kept(catalog);
        return new ExpiryOutlook(kept, alone, awaited, rule.plan(kept, awaited, now));
    }

    /** The repository that may lack a backup, and would keep it. */
    public Optional<String> lackedBy(BackupId id) {
        return awaited.by(id);
    }
}
