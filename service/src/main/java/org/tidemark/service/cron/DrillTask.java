// SPDX-License-Identifier: Apache-2.0
package org.tidemark.service.cron;

import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.HeldStore.Hold;
import org.tidemark.catalog.backup.SigningKey;
import org.tidemark.catalog.layout.ScheduledTask;
import org.tidemark.catalog.verify.Verifier.Options.Extent;
import org.tidemark.config.CronSchedule;
import org.tidemark.config.DrillSettings;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.drill.DrillMoment;
import org.tidemark.operations.drill.DrillPlan;
import org.tidemark.operations.drill.DrillReport;
import org.tidemark.operations.drill.DrillRun;
import org.tidemark.operations.drill.HeldBackup;
import org.tidemark.operations.drill.Judgement;
import org.tidemark.operations.drill.Judgement.Fault;
import org.tidemark.operations.drill.ScratchDirectory;
import org.tidemark.operations.drill.StoredEvidence;
import org.tidemark.operations.verify.VerifyRun;
import org.tidemark.restore.wal.SearchProgress;
import org.tidemark.session.Session;

/** A drill of a random moment, which reads from all repositories of the cluster. */
record DrillTask(
        Session session,
        Clock clock,
        CallingProgram program,
        Optional<CronSchedule> schedule,
        CronRun.Observer observer)
        implements Task {
    @Override
    public ScheduledTask name() {
        return ScheduledTask.DRILL;
    }

    @Override
    public List<RepositorySettings> repositories() {
        return session.repositorySettings();
    }

    @Override
    public Optional<String> repository() {
        return Optional.empty();
    }

    /**
     * What fails by this host is tried again, perhaps by another one. What fails by the data has been found out: the
     * next attempt would restore another moment.
     */
    @Override
    public Done work(Hold hold) throws IOException {
        try {
            Optional<SigningKey> signer =
                    session.configuration().drill().signingKey().map(SigningKey::read);
            DrillRun.Observer told = observer.drill();
            DrillReport report = drill(told);
            StoredEvidence evidence = StoredEvidence.of(session, report, program.version(), signer);
            evidence.warnings().forEach(told::tell);
            HeldBackup.after(session, report, clock.instant()).forEach(told::tell);
            Optional<Fault> fault = report.failure().flatMap(Judgement::fault);
            if (fault.filter(each -> each == Fault.BACKUP).isPresent()) {
                report.backup().ifPresent(this::verify);
            }
            return new Done(
                    new Report.Drilled(report),
                    fault.isEmpty() ? ExitCode.DONE : ExitCode.NO,
                    fault.filter(each -> each == Fault.HOST || each == Fault.TIME_LIMIT)
                            .map(each -> new UserFacingException(
                                    ExitCode.LOCAL_FILES,
                                    "the drill has proven nothing: "
                                            + report.failure().orElseThrow().detail(),
                                    each.hint()))
                            .or(evidence::failure));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new UserFacingException(
                    ExitCode.INTERRUPTED, "the drill was interrupted", "The next call holds it again.", e);
        }
    }

    private DrillReport drill(DrillRun.Observer told) throws IOException, InterruptedException {
        DrillSettings settings = session.configuration().drill();
        Path parent = settings.directory()
                .orElseThrow(() -> new UserFacingException(
                        ExitCode.USAGE,
                        "it is not known where to hold the drill that is scheduled",
                        "Name a directory with enough space in the configuration: drill.directory."));
        ScratchDirectory.refuseRoot();
        ScratchDirectory.removeAbandoned(parent);
        DrillPlan plan = DrillPlan.of(
                session,
                Optional.empty(),
                Optional.empty(),
                new SecureRandom().nextInt(DrillMoment.SEEDS),
                parent,
                clock.instant(),
                SearchProgress.NONE);
        return new DrillRun(session, clock, plan, told)
                .run(restored -> program.fetching().apply(plan.source(), restored), settings.questions(), false);
    }

    /** What is damaged is known to every plan from then on, and the next backup refers to none of it. */
    private void verify(String backup) {
        observer.did(new Report.Verified(
                new VerifyRun(session, clock, VerifyRun.Reading.of(new Extent.Everything()), observer::progress)
                        .run(new VerifyRun.Scope.OneBackup(backup))));
    }
}
