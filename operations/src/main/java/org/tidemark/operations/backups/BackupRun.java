// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.backups;

import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.tidemark.backup.BackupListener;
import org.tidemark.backup.BackupOptions;
import org.tidemark.backup.BackupTaker;
import org.tidemark.backup.source.SourceMethod;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.Encryption;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.config.Configuration.HostSettings;
import org.tidemark.config.RepositorySettings;
import org.tidemark.config.SpoolDirectory;
import org.tidemark.core.Amounts;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Finding;
import org.tidemark.core.HostName;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.ObjectProgress;
import org.tidemark.operations.Session;
import org.tidemark.operations.sync.QueueDelivery;
import org.tidemark.postgres.BaseBackupOptions.Checkpoint;
import org.tidemark.replicate.ArchiveSync;
import org.tidemark.replicate.SyncOptions;
import org.tidemark.replicate.SyncOptions.Comparing;
import org.tidemark.replicate.SyncOptions.SyncMode;
import org.tidemark.replicate.SyncReport;
import org.tidemark.replicate.SyncReport.SyncProblem;

/**
 * One run of backup: takes a backup into the first repository that is available, and copies it to the others. A backup
 * encrypted for one repository is useless in another with different or no recipients, so that one gets a backup of its
 * own. A failing repository does not prevent the next backup.
 */
public final class BackupRun {
    private static final String WORK = "work";

    private final Session session;
    private final Clock clock;
    private final String tool;
    private final Observer observer;

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
        Taking taking(String repository);

        /** A copy begins. The caller closes what is returned. */
        ObjectProgress copying(String title);

        /** The backup is complete in the repository that it was taken into: it exists, whatever fails later. */
        void taken(String repository, BaseBackup backup);

        /** Something that does not end the run: a copy that is complete, a queue, a repository without the backup. */
        void tell(Finding finding);
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
     * Takes the backup. Returns when the WAL that it needs is archived.
     *
     * @param method how PostgreSQL's files are read
     * @param name the operator's name for the backup
     * @throws UserFacingException if no repository got a backup, or the failure would occur with each of them
     */
    public Result run(SourceMethod method, Optional<String> name) throws IOException {
        List<RepositorySettings> repositories = session.repositorySettings();
        List<CompleteBackup> held = new ArrayList<>();
        List<UserFacingException> failures = new ArrayList<>();
        Map<Optional<Encryption>, Copies> groups = new LinkedHashMap<>();
        for (RepositorySettings settings : repositories) {
            Optional<Encryption> encryption = settings.encoding().encryption();
            Copies copies = groups.get(encryption);
            if (copies != null) {
                if (copies.copyTo(settings)) {
                    held.add(new CompleteBackup(settings.name(), copies.backup));
                }
                continue;
            }
            try {
                BaseBackup backup = take(settings, method, name);
                held.add(new CompleteBackup(settings.name(), backup));
                groups.put(encryption, new Copies(settings, backup));
            } catch (IOException | UserFacingException e) {
                UserFacingException failure = failureOfOne(e);
                if (repositories.size() == 1) {
                    throw failure;
                }
                failures.add(failure);
                observer.tell(Finding.warning(
                        "backup", "no backup in '" + settings.name() + "': " + failure.getMessage(), failure.hint()));
            }
        }
        if (held.isEmpty()) {
            throw failures.getFirst();
        }
        return new Result(held, status(held, failures, List.copyOf(groups.values())));
    }

    private static ExitCode status(List<CompleteBackup> held, List<UserFacingException> failures, List<Copies> groups) {
        boolean damaged =
                held.stream().anyMatch(each -> each.backup().contents().damagedPagesCount() > 0);
        return Stream.concat(
                        failures.stream().map(UserFacingException::exitCode),
                        groups.stream().flatMap(copies -> copies.firstFailure.stream()))
                .findFirst()
                .orElse(damaged ? ExitCode.DAMAGED_PAGES : ExitCode.DONE);
    }

    /** The failure of one repository; throws a failure that the next repository would cause as well. */
    private static UserFacingException failureOfOne(Exception e) {
        UserFacingException failure = StorageErrors.explain(e);
        return switch (failure.exitCode()) {
            case USAGE, POSTGRES_UNAVAILABLE, POSTGRES_REFUSED, INTERRUPTED, LOCAL_FILES -> throw failure;
            default -> failure;
        };
    }

    private BaseBackup take(RepositorySettings settings, SourceMethod method, Optional<String> name)
            throws IOException {
        Repository repository = session.repository(settings);
        ClusterName cluster = session.clusterName(repository);
        new QueueDelivery(session, clock).deliverBeforeBackup(settings, observer::tell);
        BaseBackup backup;
        try (Observer.Taking progress = observer.taking(settings.name())) {
            backup = new BackupTaker(
                            repository, cluster, options(settings, method, name), clock, new SecureRandom(), progress)
                    .take(session.connection());
        }
        observer.taken(settings.name(), backup);
        return backup;
    }

    private BackupOptions options(RepositorySettings settings, SourceMethod method, Optional<String> name)
            throws IOException {
        HostSettings host = session.configuration().host();
        Path work = host.workDirectory().orElseGet(() -> session.spool().resolve(WORK));
        SpoolDirectory.make(work);
        return new BackupOptions(
                name,
                settings.encoding(),
                method,
                host.effectiveBackupJobs(Runtime.getRuntime().availableProcessors()),
                host.bundleSizeBytes(),
                host.bundlesInFlight(),
                work,
                Checkpoint.FAST,
                OptionalInt.empty(),
                host.walWait(),
                HostName.ofThisMachine(),
                tool);
    }

    /** Copies of one backup in the other repositories; a failed copy does not prevent the next one. */
    private final class Copies {
        private final RepositorySettings source;
        private final BaseBackup backup;
        private Optional<ExitCode> firstFailure = Optional.empty();

        Copies(RepositorySettings source, BaseBackup backup) {
            this.source = source;
            this.backup = backup;
        }

        /** Whether the backup is there now. */
        boolean copyTo(RepositorySettings target) {
            try (ObjectProgress copying = observer.copying(source.name() + " -> " + target.name())) {
                SyncOptions options = new SyncOptions(
                        session.configuration()
                                .host()
                                .effectiveJobs(Runtime.getRuntime().availableProcessors()),
                        SyncMode.COPY,
                        Comparing.NOTHING);
                SyncReport report =
                        new ArchiveSync(options, copying::done).copyBackup(archive(source), archive(target), backup);
                for (SyncProblem problem : report.problems()) {
                    observer.tell(Finding.warning(
                            "copy",
                            target.name() + ": " + problem.subject() + ": " + problem.text(),
                            "It is only in '" + source.name() + "'. Once that is fixed, run: tidemark sync"));
                }
                if (report.backups().isEmpty()) {
                    firstFailure = firstFailure.or(() -> Optional.of(ExitCode.BACKUP_FAILED));
                    return false;
                }
                observer.tell(Finding.ok(
                        "copy",
                        "backup " + backup.id() + " is complete in '" + target.name() + "' as well: "
                                + Amounts.size(report.bytes()) + " copied"));
                return true;
            } catch (IOException | UserFacingException e) {
                UserFacingException explained = StorageErrors.explain(e);
                if (explained.exitCode() == ExitCode.INTERRUPTED) {
                    throw explained;
                }
                firstFailure = firstFailure.or(() -> Optional.of(explained.exitCode()));
                observer.tell(Finding.warning(
                        "copy",
                        backup.id() + " is not in '" + target.name() + "': " + explained.getMessage(),
                        "It is only in '" + source.name() + "'. Once that is fixed, run: tidemark sync"));
                return false;
            }
        }

        private ClusterArchive archive(RepositorySettings settings) throws IOException {
            Repository repository = session.repository(settings);
            ClusterName cluster = backup.origin().cluster();
            SystemIdentifier system = backup.origin().system();
            return repository
                    .incarnation(cluster, system)
                    .orElseThrow(() -> new UserFacingException(
                            ExitCode.WRONG_CLUSTER,
                            "system identifier " + system + " is not registered for cluster '" + cluster + "' in '"
                                    + settings.name() + "'",
                            "Register it with: tidemark init --cluster " + cluster));
        }
    }
}
