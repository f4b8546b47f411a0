// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.backups;

import java.io.IOException;
import java.util.Optional;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.Amounts;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Finding;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.ObjectProgress;
import org.tidemark.operations.Session;
import org.tidemark.replicate.ArchiveSync;
import org.tidemark.replicate.SyncOptions;
import org.tidemark.replicate.SyncOptions.Comparing;
import org.tidemark.replicate.SyncOptions.SyncMode;
import org.tidemark.replicate.SyncReport;
import org.tidemark.replicate.SyncReport.SyncProblem;

/** Copies a backup that was just taken to the other repositories; a failed copy does not prevent the next one. */
final class BackupCopies {
    private final Session session;
    private final BackupObserver observer;
    private final RepositorySettings source;
    private final BaseBackup backup;
    private Optional<ExitCode> failure = Optional.empty();

    /**
     * Copies of one backup.
     *
     * @param source the repository that it was taken into
     */
    BackupCopies(Session session, RepositorySettings source, BaseBackup backup, BackupObserver observer) {
        this.session = session;
        this.source = source;
        this.backup = backup;
        this.observer = observer;
    }

    BaseBackup backup() {
        return backup;
    }

    /** The failure of the first copy that failed. */
    Optional<ExitCode> failure() {
        return failure;
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
                failure = failure.or(() -> Optional.of(ExitCode.BACKUP_FAILED));
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
            failure = failure.or(() -> Optional.of(explained.exitCode()));
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
