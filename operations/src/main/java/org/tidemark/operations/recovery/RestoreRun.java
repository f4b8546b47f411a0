// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.recovery;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.Mark.Restored.Pace;
import org.tidemark.core.Finding;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.image.BackupSources;
import org.tidemark.recoverability.RequiredWal;
import org.tidemark.restore.PlanFile;
import org.tidemark.restore.RestoreExecutor;
import org.tidemark.restore.RestoreExecutor.RestoreProgress;
import org.tidemark.restore.RestoreExecutor.RestoreResult;
import org.tidemark.restore.plan.RestorePlan;
import org.tidemark.restore.recovery.RecoverySettings;
import org.tidemark.restore.request.RestoreRequest;
import org.tidemark.session.Session;

/** One restore: the files, the plan for later readers, and a check of the restore_command. */
public final class RestoreRun {
    private final Session session;
    private final Clock clock;
    private final Observer observer;

    /** Is told what a restore does, as it happens. */
    public interface Observer {
        /** Shows how far the restore is, until it is closed. */
        interface Restoring extends RestoreProgress, AutoCloseable {
            @Override
            void close();
        }

        /**
         * The restore begins. The caller closes what is returned.
         *
         * @param bytes the size of the backup's data
         */
        Restoring restoring(long bytes);

        /**
         * Before that, WAL is copied. The caller closes what is returned.
         *
         * @param bytes the size of the segments
         */
        Restoring copyingWal(long bytes);

        /** Something that does not end the restore. */
        void tell(Finding finding);
    }

    /**
     * A restore that is complete. Immutable.
     *
     * @param planFile where the plan was written; empty if it could not be written
     * @param variablesNeeded the names of environment variables without which restore_command does not work
     * @param took what writing the files took
     * @param replaced what was not good in one repository, and was read from another one
     */
    public record Result(
            RestoreResult restored,
            BaseBackup backup,
            Optional<Path> planFile,
            List<String> variablesNeeded,
            Duration took,
            List<Finding> replaced) {
        public Result {
            variablesNeeded = List.copyOf(variablesNeeded);
            replaced = List.copyOf(replaced);
        }

        /** How fast it was; empty if a part of the data was in place already. */
        Optional<Pace> pace() {
            return restored.bytesKept() > 0 || restored.plan().changes().isPresent()
                    ? Optional.empty()
                    : Pace.of(restored.bytesWritten(), took);
        }
    }

    public RestoreRun(Session session, Clock clock, Observer observer) {
        this.session = session;
        this.clock = clock;
        this.observer = observer;
    }

    /**
     * Restores, and fetches one WAL file by the restore_command.
     *
     * @param planText what is written beside the restored directory
     * @throws UserFacingException also if WAL cannot be fetched: the files are restored then
     */
    public Result run(RestoreSource source, RestorePlan.Chosen plan, RestoreCommand command, String planText)
            throws IOException, InterruptedException {
        Path directory = plan.request().directory();
        Optional<Path> planFile = planFile(directory);
        AtomicReference<Optional<Path>> written = new AtomicReference<>(Optional.empty());
        BaseBackup backup = source.prepared().backup().orElseThrow();
        List<String> variables = new ArrayList<>();
        if (plan.request().wal() == RestoreRequest.Wal.COPY) {
            copyWal(source, plan);
        }
        BackupSources sources = source.preparation().sources(plan.backup());
        long begun = System.nanoTime();
        RestoreResult restored = restore(sources, plan, command, backup, () -> {
            try {
                variables.addAll(new RestoreCommandCheck(
                                command, directory, session.environment().variables())
                        .fetch(firstRead(plan, backup).name()));
            } finally {
                // Also where WAL cannot be fetched yet: the files are restored, and the steps are the same afterwards.
                written.set(planFile.filter(file -> write(planText, directory, file)));
            }
        });
        Duration took = Duration.ofNanos(System.nanoTime() - begun);
        if (!variables.isEmpty()) {
            observer.tell(Finding.warning(
                    "restore_command",
                    "restore_command works only with these variables: " + String.join(", ", variables),
                    "Set them in PostgreSQL's environment as well, or move their values into the configuration."));
        }
        return new Result(restored, backup, written.get(), variables, took, sources.replaced());
    }

    private void copyWal(RestoreSource source, RestorePlan.Chosen plan) throws IOException {
        long bytes = plan.wal().segments() * source.identity().walSegmentSize().bytes();
        try (Observer.Restoring progress = observer.copyingWal(bytes)) {
            new WalCopying(source, plan).run(threads(), progress);
        }
    }

    private int threads() {
        return session.configuration()
                .host()
                .effectiveRestoreJobs(Runtime.getRuntime().availableProcessors());
    }

    /**
     * The segment that the recovery reads first. It is not the backup's own where a later timeline of the path begins
     * in it: PostgreSQL asks for the copy of that timeline, and wal-fetch delivers no other.
     */
    private static Segment firstRead(RestorePlan.Chosen plan, BaseBackup backup) {
        List<RequiredWal.Run> runs = plan.wal().runs();
        return runs.isEmpty() ? backup.walFirst() : runs.getFirst().first();
    }

    private RestoreResult restore(
            BackupSources sources,
            RestorePlan.Chosen plan,
            RestoreCommand command,
            BaseBackup backup,
            RestoreExecutor.Trial trial)
            throws IOException, InterruptedException {
        try (Observer.Restoring progress = observer.restoring(backup.contents().dataSizeBytes())) {
            return new RestoreExecutor(sources, clock, threads())
                    .restore(plan, backup, RecoverySettings.of(plan, command.text()), progress, trial);
        } finally {
            sources.replaced().forEach(observer::tell);
        }
    }

    /** Looked for before anything is written; a restore never fails for it. */
    private Optional<Path> planFile(Path directory) {
        Optional<Path> file =
                PlanFile.place(directory, List.of(session.spool(), Path.of(System.getProperty("java.io.tmpdir"))));
        if (!file.equals(Optional.of(PlanFile.beside(directory)))) {
            observer.tell(Finding.warning(
                    "plan",
                    "the plan cannot be written beside '" + directory + "': this user may not write there",
                    file.map(other -> "It will be in " + other + ".").orElse("Keep this output.")));
        }
        return file;
    }

    private boolean write(String planText, Path directory, Path file) {
        try {
            PlanFile.write(planText, directory, file);
            return true;
        } catch (IOException e) {
            observer.tell(Finding.warning(
                    "plan",
                    "the plan could not be written to '" + file + "': "
                            + StorageErrors.explain(e).getMessage(),
                    "The restore is complete nevertheless; keep this output."));
            return false;
        }
    }
}
