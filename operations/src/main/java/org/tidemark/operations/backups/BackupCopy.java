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
import org.tidemark.replicate.ArchiveSync;
import org.tidemark.replicate.SyncOptions;
import org.tidemark.replicate.SyncOptions.Comparing;
import org.tidemark.replicate.SyncOptions.SyncMode;
import org.tidemark.replicate.SyncReport;
import org.tidemark.replicate.SyncReport.SyncProblem;
import org.tidemark.session.Session;

/** Copies one backup to other repositories: what each of them lacks of it, and the WAL that it needs. */
final class BackupCopy {
    private final Session session;
    private final BackupRun.Observer observer;
    private final RepositorySettings source;
    private final BaseBackup backup;

    BackupCopy(Session session, BackupRun.Observer observer, RepositorySettings source, BaseBackup backup) {
        this.session = session;
        this.observer = observer;
        this.source = source;
        this.backup = backup;
    }

    /** Copies it; empty if the backup is there now. A failure is told, and does not prevent the next copy. */
    Optional<ExitCode> to(RepositorySettings target) {
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
                failed(target, target.name() + ": " + problem.subject() + ": " + problem.text());
            }
            if (report.backups().isEmpty()) {
                return Optional.of(ExitCode.BACKUP_FAILED);
            }
            observer.tell(Finding.ok(
                    "copy",
                    "backup " + backup.id() + " is complete in '" + target.name() + "' as well: "
                            + Amounts.size(report.bytes()) + " were still missing there, and were copied from '"
                            + source.name() + "'"));
            return Optional.empty();
        } catch (IOException | UserFacingException e) {
            UserFacingException explained = StorageErrors.explain(e);
            if (explained.exitCode() == ExitCode.INTERRUPTED) {
                throw explained;
            }
            failed(target, backup.id() + " is not in '" + target.name() + "': " + explained.getMessage());
            return Optional.of(explained.exitCode());
        }
    }

    private void failed(RepositorySettings target, String message) {
        observer.tell(Finding.warning(
                "copy",
                message,
                "The backup is complete in '" + source.name() + "'. Once '" + target.name()
                        + "' works again, run: tidemark sync --quick"));
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
