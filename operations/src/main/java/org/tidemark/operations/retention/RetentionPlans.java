// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.retention;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.backup.Mark.BackupMarks;
import org.tidemark.catalog.wal.WalInventory;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.IoAction;
import org.tidemark.retention.CatalogReading;
import org.tidemark.retention.ExpiryOutlook;
import org.tidemark.retention.RetentionCatalog;
import org.tidemark.retention.RetentionPlan;
import org.tidemark.retention.RetentionPolicy;
import org.tidemark.retention.RetentionSettings;
import org.tidemark.session.RepositoryReadings;
import org.tidemark.session.Session;
import org.tidemark.session.reading.CountedBefore;
import org.tidemark.session.reading.WalReading;

/**
 * What retention does in each repository of a session, by the repository's own policy. A repository that cannot be read
 * does not keep the others from it. Nothing is changed. Immutable.
 */
public final class RetentionPlans {
    private final List<Reading> readings = new ArrayList<>();
    private final RepositoryReadings repositories;

    private RetentionPlans(Session session, WalReading wal, UnaryOperator<RetentionSettings> settingsOf, Instant now) {
        OtherRepositories others = new OtherRepositories(session, settingsOf, now);
        repositories = RepositoryReadings.of(session, settings -> {
            List<Reading> found = new ArrayList<>();
            List<ClusterArchive> incarnations = session.incarnations(session.repository(settings));
            for (ClusterArchive archive : incarnations) {
                found.add(Reading.of(
                        settings,
                        archive,
                        archive != incarnations.getLast(),
                        session.backups(archive),
                        () -> wal.of(session, archive, now),
                        settingsOf.apply(settings.retention()),
                        others,
                        now));
            }
            readings.addAll(found);
        });
    }

    /** A plan, and what else was read for it. */
    private record Reading(PlannedArchive planned, List<CatalogEntry> entries, BackupMarks marks) {
        static Reading of(
                RepositorySettings repository,
                ClusterArchive archive,
                boolean isReplaced,
                BackupCatalog backups,
                IoAction.Returning<WalInventory> wal,
                RetentionSettings settings,
                OtherRepositories others,
                Instant now)
                throws IOException {
            List<CatalogEntry> entries = backups.listObjects(now);
            BackupMarks marks = backups.marks();
            RetentionCatalog read = CatalogReading.of(archive, backups, entries, marks, wal, now);
            ExpiryOutlook outlook = ExpiryOutlook.of(
                    ExpiryOutlook.byPolicy(settings),
                    isReplaced ? read.replaced() : read,
                    others.beside(repository, archive),
                    now);
            RetentionPlan plan = outlook.plan();
            return new Reading(
                    new PlannedArchive(
                            repository.name(),
                            archive,
                            settings,
                            outlook.catalog(),
                            outlook.alone().removesNothing() ? plan : plan.withUsed(backups),
                            List.of(),
                            Map.of()),
                    entries,
                    marks);
        }
    }

    /** By the configured policies. */
    public static RetentionPlans of(Session session, WalReading wal, Instant now) {
        return new RetentionPlans(session, wal, settings -> settings, now);
    }

    /** By the same policy in every repository; the other settings are those of each. */
    public static RetentionPlans with(Session session, WalReading wal, RetentionPolicy policy, Instant now) {
        return new RetentionPlans(session, wal, settings -> settings.with(policy), now);
    }

    /** Which of the WAL was not listed for this. */
    public List<CountedBefore> counted() {
        return planned().stream()
                .flatMap(each ->
                        CountedBefore.of(
                                each.repository(),
                                each.archive().identity(),
                                each.catalog().wal())
                                .stream())
                .toList();
    }

    /** One for each incarnation in each repository that was read, in the order of the repositories. */
    public List<PlannedArchive> planned() {
        return readings.stream().map(Reading::planned).toList();
    }

    /** What one of these plans changes; empty if nothing goes. */
    public Optional<RetentionEffect> effect(PlannedArchive planned) {
        return readings.stream()
                .filter(each ->
                        each.planned().equals(planned) && !planned.plan().removesNothing())
                .findFirst()
                .map(each -> RetentionEffect.of(planned, each.entries(), each.marks()));
    }

    /** Which repositories could be read. */
    public RepositoryReadings repositories() {
        return repositories;
    }
}
