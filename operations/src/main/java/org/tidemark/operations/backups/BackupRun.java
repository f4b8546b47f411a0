// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.backups;

import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.tidemark.backup.BackupTaker;
import org.tidemark.backup.request.BackupListener;
import org.tidemark.backup.request.BackupOptions;
import org.tidemark.backup.request.BackupResult;
import org.tidemark.backup.request.BackupResult.Published;
import org.tidemark.backup.request.BackupResult.Unfinished;
import org.tidemark.backup.request.BackupTarget;
import org.tidemark.backup.source.SourceMethod;
import org.tidemark.backup.source.UnsureIncrementException;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.Encryption;
import org.tidemark.config.BackupServer;
import org.tidemark.config.Configuration.HostSettings;
import org.tidemark.config.RepositorySettings;
import org.tidemark.config.SpoolDirectory;
import org.tidemark.core.Amounts;
import org.tidemark.core.ClusterName;
import org.tidemark.core.DiskSpace;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Finding;
import org.tidemark.core.HostName;
import org.tidemark.core.SpoolPart;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.ObjectProgress;
import org.tidemark.operations.sync.QueueDelivery;
import org.tidemark.operations.wal.ForgottenWal;
import org.tidemark.postgres.BaseBackupOptions.Checkpoint;
import org.tidemark.session.Session;

/**
 * One run of backup: takes one backup into all repositories that are available. Those with the same encryption get the
 * same objects, and the first of them that can publishes the backup; it is completed in the others by copying what they
 * lack. A failing repository does not prevent the next backup.
 */
public final class BackupRun {
    private static final String WORK = "work";

    private final Session session;
    private final Clock clock;
    private final String tool;
    private final Observer observer;
    private final List<UserFacingException> failures = new ArrayList<>();
    private final List<ExitCode> failedCopies = new ArrayList<>();
    private final List<CompleteBackup> complete = new ArrayList<>();

    /**
     * One run for the repositories of the session.
     *
     * @param tool the program's version, stored in the backup
     */
    public BackupRun(Session session, Clock clock, String tool, Observer observer) {
        this.session = session;
        this.clock = clock;
        this.tool = tool;
        this.observer = observer;
    }

    /** Follows a backup run. Repositories are identified by name. */
    public interface Observer {
        /** Shows how far one backup is, until it is closed. */
        interface Taking extends BackupListener, AutoCloseable {
            @Override
            void close();
        }

        /** A backup begins. The caller closes what is returned. */
        Taking taking(List<String> repositories);

        /** A copy begins. The caller closes what is returned. */
        ObjectProgress copying(String title);

        /** Something that does not end the run: a copy that is complete, a queue, a repository without the backup. */
        void tell(Finding finding);
    }

    /**
     * What is asked for. Immutable.
     *
     * @param type incremental where there is a backup to refer to, or full; empty if the schedule is to say it
     * @param from which server it is taken from, if conninfo names several; empty: as the cluster is configured
     * @param method how PostgreSQL's files are read
     * @param name the operator's name for the backup
     * @param readLimit the most bytes per second that are read of PostgreSQL's files; empty: as the host is configured
     */
    public record Wanted(
            Optional<BaseBackup.Type> type,
            Optional<BackupServer> from,
            SourceMethod method,
            Optional<String> name,
            OptionalLong readLimit) {
        /** What a schedule asks for. */
        public static final Wanted SCHEDULED = new Wanted(
                Optional.empty(), Optional.empty(), SourceMethod.AUTO, Optional.empty(), OptionalLong.empty());
    }

    /** A backup and the name of the repository that holds it. */
    public record CompleteBackup(String repository, BaseBackup backup) {}

    /**
     * The result of a run. Immutable.
     *
     * @param backups at least one, in the order of the repositories
     * @param status of the first failure; DAMAGED_PAGES if nothing failed and pages of the cluster are damaged
     */
    public record Result(List<CompleteBackup> backups, ExitCode status) {
        public Result {
            backups = List.copyOf(backups);
        }
    }

    /**
     * Takes the backup. Returns when the WAL that it needs is archived. To be called once.
     *
     * @throws UserFacingException if no repository got a backup, or the failure would occur with each of them
     */
    public Result run(Wanted wanted) throws IOException {
        PostgresHost.reach(session.cluster(), wanted.method()); // refused before a program runs
        Optional<BackupPrograms> programs = session.cluster().map(BackupPrograms::new);
        ExitCode status = ExitCode.BACKUP_FAILED;
        try {
            if (programs.isPresent()) {
                programs.get().before();
            }
            // A backup begins with a checkpoint, after which pg_wal may not have it any more.
            ForgottenWal.archive(session, clock).forEach(observer::tell);
            Result result = takeAll(wanted);
            status = result.status();
            return result;
        } catch (UserFacingException e) {
            status = e.exitCode();
            throw e;
        } finally {
            if (programs.isPresent()) {
                List<String> ids = complete.stream()
                        .map(each -> each.backup().id().value())
                        .distinct()
                        .toList();
                programs.get().after(status, ids).forEach(observer::tell);
            }
        }
    }

    private Result takeAll(Wanted wanted) throws IOException {
        List<RepositorySettings> repositories = session.repositorySettings();
        List<RepositorySettings> left = repositories;
        while (!left.isEmpty()) {
            left = takeTogether(left, wanted);
        }
        if (complete.isEmpty()) {
            throw failures.getFirst();
        }
        List<String> order = repositories.stream().map(RepositorySettings::name).toList();
        complete.sort(Comparator.comparingInt(each -> order.indexOf(each.repository())));
        return new Result(complete, status());
    }

    private ExitCode status() {
        boolean damaged =
                complete.stream().anyMatch(each -> each.backup().contents().damagedPagesCount() > 0);
        return Stream.concat(failures.stream().map(UserFacingException::exitCode), failedCopies.stream())
                .findFirst()
                .orElse(damaged ? ExitCode.DAMAGED_PAGES : ExitCode.DONE);
    }

    /** Takes a backup into as many of these as can share one, and gives those that need another one. */
    private List<RepositorySettings> takeTogether(List<RepositorySettings> repositories, Wanted wanted)
            throws IOException {
        List<RepositorySettings> left = new ArrayList<>();
        List<RepositorySettings> ready = new ArrayList<>();
        for (List<RepositorySettings> group : byEncryption(repositories).values()) {
            Codec codec = group.getFirst().encoding().codec();
            if (codec.equals(repositories.getFirst().encoding().codec())) {
                ready.addAll(prepared(group));
            } else {
                left.addAll(group);
            }
        }
        if (ready.isEmpty()) {
            return left;
        }
        ScheduledType.Choice choice = wanted.type().isPresent()
                ? new ScheduledType.Choice(wanted.type().get())
                : new ScheduledType(session, clock.instant()).of(ready);
        if (choice.type() == BaseBackup.Type.INCREMENTAL) {
            // Each encryption has its own backup to refer to, and needs other bytes.
            List<RepositorySettings> first =
                    byEncryption(ready).values().iterator().next();
            ready.stream().filter(each -> !first.contains(each)).forEach(left::add);
            ready = first;
        }
        left.addAll(take(ready, choice, wanted));
        return left;
    }

    private static Map<Optional<Encryption>, List<RepositorySettings>> byEncryption(
            List<RepositorySettings> repositories) {
        return repositories.stream()
                .collect(Collectors.groupingBy(
                        each -> each.encoding().encryption(), LinkedHashMap::new, Collectors.toList()));
    }

    /** Those that are available; the queue of the first one is delivered, as the backup needs its WAL there. */
    private List<RepositorySettings> prepared(List<RepositorySettings> group) throws IOException {
        List<RepositorySettings> ready = new ArrayList<>();
        for (RepositorySettings settings : group) {
            try {
                session.clusterName(session.repository(settings));
                requireRoomForWal(session.repository(settings));
                if (ready.isEmpty()) {
                    new QueueDelivery(session, clock).deliverBeforeBackup(settings, observer::tell);
                }
                ready.add(settings);
            } catch (IOException | UserFacingException e) {
                failed(settings, e);
            }
        }
        return ready;
    }

    /** The backup would wait in vain for its WAL in a repository that has no room for a segment, and not elsewhere. */
    private void requireRoomForWal(Repository repository) throws IOException {
        if (session.repositorySettings().size() == 1) {
            return;
        }
        Optional<DiskSpace> space = repository.store().space();
        long segment = session.incarnations(repository)
                .getLast()
                .identity()
                .walSegmentSize()
                .bytes();
        if (space.isPresent() && space.get().freeBytes() < segment) {
            throw new UserFacingException(
                    ExitCode.STORE_FULL,
                    repository.store().description() + " has no room for a WAL segment: "
                            + Amounts.size(space.get().freeBytes()) + " are free",
                    "Make room in the store, or give it more. What has expired is deleted with: tidemark expire"
                            + " --confirm");
        }
    }

    /** The failure of one repository; throws a failure that the next repository would cause as well. */
    private void failed(RepositorySettings settings, Exception e) {
        UserFacingException failure = StorageErrors.explain(e);
        if (!BackupTarget.isFailureOfOne(failure.exitCode())) {
            throw failure;
        }
        failures.add(failure);
        if (session.repositorySettings().size() > 1) {
            observer.tell(Finding.warning(
                    "backup", "no backup in '" + settings.name() + "': " + failure.getMessage(), failure.hint()));
        }
    }

    private List<RepositorySettings> take(List<RepositorySettings> ready, ScheduledType.Choice choice, Wanted wanted)
            throws IOException {
        List<BackupTarget> targets = new ArrayList<>();
        for (RepositorySettings each : ready) {
            targets.add(
                    new BackupTarget(each.name(), session.repository(each), each.encoding(), each.maxReferenceAge()));
        }
        ClusterName cluster = session.clusterName(targets.getFirst().repository());
        BackupResult result;
        try (Observer.Taking progress =
                observer.taking(ready.stream().map(RepositorySettings::name).toList())) {
            choice.reason().ifPresent(reason -> progress.type(choice.type(), reason));
            try {
                result = take(targets, cluster, wanted, choice.type(), progress);
            } catch (UnsureIncrementException e) {
                observer.tell(Finding.warning("backup", e.getMessage(), e.hint()));
                progress.type(BaseBackup.Type.FULL, e.reason());
                result = take(targets, cluster, wanted, BaseBackup.Type.FULL, progress);
            }
        } catch (IOException e) {
            throw StorageErrors.explain(e);
        }
        for (Published each : result.published()) {
            complete.add(new CompleteBackup(each.target().name(), each.backup()));
        }
        List<RepositorySettings> left = new ArrayList<>();
        for (Unfinished each : result.unfinished()) {
            RepositorySettings settings =
                    session.repositorySettings(each.target().name());
            Optional<Published> source = result.published().stream()
                    .filter(published ->
                            each.id().equals(Optional.of(published.backup().id())))
                    .findFirst();
            if (source.isPresent()) {
                complete(each, source.get());
            } else if (each.failure().isPresent()) {
                failed(settings, each.failure().get());
            } else {
                left.add(settings);
            }
        }
        return left;
    }

    private BackupResult take(
            List<BackupTarget> targets,
            ClusterName cluster,
            Wanted wanted,
            BaseBackup.Type type,
            BackupListener progress)
            throws IOException {
        BackupListener delivering = new DeliveringWait(
                progress,
                name -> new QueueDelivery(session, clock)
                        .deliverMeanwhile(session.repositorySettings(name), observer::tell));
        return new BackupTaker(targets, cluster, options(type, wanted), clock, new SecureRandom(), delivering)
                .take(
                        session.connectionForBackup(wanted.from()),
                        PostgresHost.reach(session.cluster(), wanted.method()));
    }

    /** Also tries it where the store failed meanwhile: it may be back. */
    private void complete(Unfinished unfinished, Published source) {
        String target = unfinished.target().name();
        unfinished
                .failure()
                .map(StorageErrors::explain)
                .ifPresent(failure -> observer.tell(Finding.warning(
                        "copy",
                        "'" + target + "' failed during the backup; Tidemark now tries to copy the backup to it: "
                                + failure.getMessage(),
                        "")));
        Optional<ExitCode> failure = new BackupCopy(
                        session,
                        observer,
                        session.repositorySettings(source.target().name()),
                        source.backup())
                .to(session.repositorySettings(target));
        if (failure.isPresent()) {
            failedCopies.add(failure.get());
        } else {
            complete.add(new CompleteBackup(target, source.backup()));
        }
    }

    private BackupOptions options(BaseBackup.Type type, Wanted wanted) throws IOException {
        HostSettings host = session.configuration().host();
        Path work = host.workDirectory().orElseGet(() -> session.spool().resolve(WORK));
        SpoolDirectory.make(work);
        Path attempts = SpoolPart.ATTEMPTS.in(session.spool());
        SpoolDirectory.make(attempts);
        return new BackupOptions(
                wanted.name(),
                type,
                wanted.method(),
                host.effectiveBackupJobs(Runtime.getRuntime().availableProcessors()),
                host.bundleSizeBytes(),
                host.bundlesInFlight(),
                work,
                attempts,
                host.spreadsCheckpoint() ? Checkpoint.SPREAD : Checkpoint.FAST,
                wanted.readLimit().isPresent() ? wanted.readLimit() : host.backupReadLimit(),
                host.walWait(),
                HostName.ofThisMachine(),
                tool);
    }
}
