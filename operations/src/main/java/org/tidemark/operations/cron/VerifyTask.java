// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.cron;

import java.time.Clock;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.HeldStore.Hold;
import org.tidemark.catalog.layout.ScheduledTask;
import org.tidemark.catalog.verify.Verifier.Options.Extent;
import org.tidemark.config.CronSchedule;
import org.tidemark.config.RepositorySettings;
import org.tidemark.operations.Session;
import org.tidemark.operations.verify.VerifyRun;
import org.tidemark.operations.verify.VerifyRun.Reading;

/**
 * A verification of one repository.
 *
 * @param budgetBytes how much is read
 */
record VerifyTask(
        Session session,
        Clock clock,
        Optional<CronSchedule> schedule,
        RepositorySettings settings,
        long budgetBytes,
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
            VerifyRun.Result result = new VerifyRun(
                            only, clock, Reading.of(new Extent.Budget(budgetBytes)), observer::progress)
                    .run(new VerifyRun.Scope.All());
            return new Done(
                    new Report.Verified(result),
                    result.status(),
                    result.repositories().failures().values().stream().findFirst());
        }
    }
}
