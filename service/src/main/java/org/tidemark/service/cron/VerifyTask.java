// SPDX-License-Identifier: Apache-2.0
package org.tidemark.service.cron;

import java.io.IOException;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.HeldStore.Hold;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.catalog.layout.ScheduledTask;
import org.tidemark.catalog.verify.Verifier.Options.Extent;
import org.tidemark.config.CronSchedule;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.ObjectProgress;
import org.tidemark.operations.verify.RepairAdvice;
import org.tidemark.operations.verify.VerifyRun;
import org.tidemark.operations.verify.VerifyRun.Reading;
import org.tidemark.replicate.ArchiveSync;
import org.tidemark.replicate.SyncOptions;
import org.tidemark.replicate.SyncOptions.Comparing;
import org.tidemark.replicate.SyncOptions.SyncMode;
import org.tidemark.session.Session;

/**
 * A verification of one repository.
 *
 * @param budgetBytes how much is read
 * @param repairs whether what is damaged is copied from another repository
 */
record VerifyTask(
        Session session,
        Clock clock,
        Optional<CronSchedule> schedule,
        RepositorySettings settings,
        long budgetBytes,
        boolean repairs,
        CronRun.Observer observer)
        implements Task {
    @Override
    public ScheduledTask name() {
        return ScheduledTask.VERIFY;
    }

    @Override
    public List<RepositorySettings> repositories() {
        return List.of(settings);
    }

    @Override
    public Optional<String> repository() {
        return Optional.of(settings.name());
    }

    @Override
    public Done work(Hold hold) {
        try (Session only = session.only(settings)) {
            VerifyRun.Result result = verify(only);
            Optional<RepairAdvice> advice =
                    Optional.ofNullable(result.repairs().get(settings.name())).filter(any -> repairs);
            if (advice.isPresent()) {
                observer.did(new Report.Verified(result));
                observer.did(repair(only, advice.get().repository()));
                result = verify(only); // what is known to be damaged is read first
            }
            return new Done(
                    new Report.Verified(result),
                    result.status(),
                    result.repositories().failures().values().stream().findFirst());
        }
    }

    private VerifyRun.Result verify(Session only) {
        return new VerifyRun(only, clock, Reading.of(new Extent.Budget(budgetBytes)), observer::progress)
                .run(new VerifyRun.Scope.All());
    }

    private Report.Repaired repair(Session only, String from) {
        int jobs =
                only.configuration().host().effectiveJobs(Runtime.getRuntime().availableProcessors());
        long copied = 0;
        try (ObjectProgress progress = observer.progress(settings.name())) {
            ArchiveSync sync = new ArchiveSync(new SyncOptions(jobs, SyncMode.COPY, Comparing.THERE), progress::done);
            Repository source = only.repository(only.repositorySettings(from));
            for (ClusterArchive target : only.incarnations(only.repository(settings))) {
                Optional<ClusterArchive> archive = source.incarnation(
                        target.identity().cluster(), target.identity().system());
                if (archive.isPresent()) {
                    copied += sync.repair(archive.get(), target).objects();
                }
            }
            return new Report.Repaired(settings.name(), from, copied, Optional.empty());
        } catch (IOException | UserFacingException e) {
            return new Report.Repaired(
                    settings.name(), from, copied, Optional.of(StorageErrors.explainUnlessInterrupted(e)));
        }
    }
}
