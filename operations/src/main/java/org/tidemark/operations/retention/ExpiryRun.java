// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.retention;

import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.backup.Tombstone;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.ScheduledTask;
import org.tidemark.config.ClusterSettings;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.ExitCode;
import org.tidemark.core.HostName;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.ObjectProgress;
import org.tidemark.retention.CatalogReading;
import org.tidemark.retention.Expirer;
import org.tidemark.retention.Expirer.ExpiryReport;
import org.tidemark.retention.Expirer.Notes;
import org.tidemark.retention.ExpiryOutlook;
import org.tidemark.retention.RetentionCatalog;
import org.tidemark.retention.RetentionPlan;
import org.tidemark.retention.RetentionSettings;
import org.tidemark.session.RepositoryReadings;
import org.tidemark.session.Session;

/**
 * Removes backups and WAL from each repository of a session. A repository that fails does not keep the others from it.
 */
public final class ExpiryRun {
    private final Session session;
    private final Clock clock;
    private final Mode mode;
    private final Observer observer;

    /** Whether anything is removed. */
    public enum Mode {
        DELETE,
        DRY_RUN
    }

    /** Decides what goes from one archive. */
    public interface Planning {
        /**
         * By what it is decided.
         *
         * @param settings those of the repository
         * @param last what was said of the backup that was removed last
         */
        ExpiryOutlook.Rule rule(RetentionSettings settings, Optional<Tombstone> last);

        /** The backups that go even if their descriptions cannot be read: an operator named them, and insists. */
        default Set<BackupId> unreadable() {
            return Set.of();
        }

        /** Whether a backup that another repository keeps stays here as well. */
        default boolean heedsOtherKeeps() {
            return false;
        }

        /** Whether somebody sees what goes. */
        default boolean isAttended() {
            return true;
        }

        /** What is noted of each backup that goes, a few words. */
        String why(RetentionSettings settings);
    }

    /** Follows a run. */
    public interface Observer {
        /** A removal begins. */
        ObjectProgress removing(String repository);
    }

    /**
     * What was done in one archive. Immutable.
     *
     * @param planned what goes
     * @param report what was done; empty with {@link Mode#DRY_RUN} or after a failure
     * @param failure why it was not done, or not all of it
     */
    public record Expired(
            PlannedArchive planned, Optional<ExpiryReport> report, Optional<UserFacingException> failure) {}

    /** What was done in all archives. Immutable. */
    public record Result(List<Expired> archives, RepositoryReadings repositories) {
        public Result {
            archives = List.copyOf(archives);
        }

        /** The status of the first failure; DONE if there was none. */
        public ExitCode status() {
            return archives.stream()
                    .flatMap(each -> each.failure().stream())
                    .map(UserFacingException::exitCode)
                    .findFirst()
                    .orElse(repositories.status());
        }
    }

    public ExpiryRun(Session session, Clock clock, Mode mode, Observer observer) {
        this.session = session;
        this.clock = clock;
        this.mode = mode;
        this.observer = observer;
    }

    /** Plans for each archive, and removes what goes unless this is a dry run. */
    public Result run(Planning planning) {
        List<Expired> archives = new ArrayList<>();
        OtherRepositories others = new OtherRepositories(session, settings -> settings, clock.instant());
        RepositoryReadings readings = RepositoryReadings.of(session, settings -> {
            List<ClusterArchive> incarnations = session.incarnations(session.repository(settings));
            for (ClusterArchive archive : incarnations) {
                archives.add(expire(settings, archive, incarnations.getLast(), planning, others));
            }
        });
        return new Result(archives, readings);
    }

    private Expired expire(
            RepositorySettings settings,
            ClusterArchive archive,
            ClusterArchive newest,
            Planning planning,
            OtherRepositories others)
            throws IOException {
        Instant now = clock.instant();
        RetentionSettings policy = settings.retention();
        RetentionCatalog read = read(archive, planning.unreadable(), now);
        RetentionCatalog catalog = archive == newest ? read : read.replaced();
        ExpiryOutlook outlook = ExpiryOutlook.of(
                planning.rule(policy, archive.backups().lastRemoval()),
                catalog,
                planning.heedsOtherKeeps() ? others.keepingBeside(settings, archive) : others.beside(settings, archive),
                now);
        RetentionPlan plan = outlook.plan();
        List<String> silent = new ArrayList<>();
        Map<BackupId, String> lackedBy = new LinkedHashMap<>();
        if (!outlook.alone().removesNothing()) {
            plan = plan.measured(archive).withUsed(session.backups(archive));
            silent.addAll(others.silentBeside(settings));
            plan.leaving()
                    .forEach(each -> outlook.lackedBy(each.id()).ifPresent(other -> lackedBy.put(each.id(), other)));
        }
        PlannedArchive planned = new PlannedArchive(settings.name(), archive, policy, catalog, plan, silent, lackedBy);
        if (mode == Mode.DRY_RUN
                || (planned.plan().removesNothing() && policy.policy().isEmpty())) {
            return new Expired(planned, Optional.empty(), Optional.empty());
        }
        if (!planning.isAttended() && !plan.removesNothing()) {
            IdleRepository.refuse(settings.name(), newest, previousDue(now), now);
        }
        try (ObjectProgress progress = observer.removing(settings.name())) {
            Expirer expirer = new Expirer(
                    archive,
                    clock,
                    HostName.ofThisMachine(),
                    planning.why(policy),
                    planning.isAttended() ? Notes.IF_THERE_IS_ROOM : Notes.REQUIRED,
                    session.configuration().drill().keepEvidence(),
                    progress::done);
            return new Expired(
                    planned, Optional.of(expirer.run(planned.plan(), planning.unreadable())), Optional.empty());
        } catch (IOException | UserFacingException e) {
            UserFacingException failure = StorageErrors.explainUnlessInterrupted(e);
            return new Expired(planned, Optional.empty(), Optional.of(failure));
        }
    }

    /** The scheduled time before the last one. */
    private Optional<Instant> previousDue(Instant now) {
        return session.cluster()
                .flatMap(ClusterSettings::schedule)
                .map(each -> each.times().get(ScheduledTask.EXPIRE))
                .flatMap(times -> times.last(now).flatMap(last -> times.last(last.minusSeconds(1))));
    }

    /** @param unreadable if their descriptions cannot be read, they are what is left of backups */
    private RetentionCatalog read(ClusterArchive archive, Set<BackupId> unreadable, Instant now) throws IOException {
        BackupCatalog catalog = session.backups(archive);
        List<CatalogEntry> entries = catalog.listObjects(now).stream()
                .map(each -> each instanceof CatalogEntry.Unreadable && unreadable.contains(each.id())
                        ? new CatalogEntry.Unpublished(each.id(), Instant.EPOCH, CatalogEntry.Stage.UNFINISHED)
                        : each)
                .toList();
        return CatalogReading.of(archive, catalog, entries, catalog.marks(), now);
    }
}
