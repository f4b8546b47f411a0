// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.run;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.archiver.queue.BacklogDelivery.DeliveryReport;
import org.tidemark.archiver.queue.BacklogDelivery.RefusedObject;
import org.tidemark.catalog.verify.ObjectFinding;
import org.tidemark.catalog.verify.VerifyReport;
import org.tidemark.cli.call.CommandRun;
import org.tidemark.cli.command.backups.BackupOutput;
import org.tidemark.cli.command.retention.ExpiryOutput;
import org.tidemark.cli.output.Output;
import org.tidemark.cli.output.TextTable;
import org.tidemark.cli.output.TextTable.Column;
import org.tidemark.core.Amounts;
import org.tidemark.core.ClusterName;
import org.tidemark.core.CopyableLines;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Finding;
import org.tidemark.core.Lsn;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.UtcTime;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.operations.ObjectProgress;
import org.tidemark.operations.backups.BackupRun;
import org.tidemark.operations.backups.WaitingBackups;
import org.tidemark.operations.drill.DrillReport;
import org.tidemark.operations.drill.DrillRun;
import org.tidemark.operations.drill.Judgement;
import org.tidemark.operations.recovery.RestoreRun;
import org.tidemark.operations.retention.ExpiryRun;
import org.tidemark.operations.verify.VerifyRun;
import org.tidemark.restore.plan.RestorePlan;
import org.tidemark.service.cron.CronRun;
import org.tidemark.service.cron.CronRun.TaskReport;
import org.tidemark.service.cron.LackingBackup;
import org.tidemark.service.cron.Task;
import org.tidemark.service.cron.TaskState;
import org.tidemark.view.FailureView;
import org.tidemark.view.Json;

/** What {@code cron} prints about one cluster: what was done and what is wrong, no progress. */
public final class CronOutput implements CronRun.Observer {
    private final Output output;
    private final String cluster;
    private final CopyableLines copyable;

    CronOutput(Output output, ClusterName cluster) {
        this.output = output;
        this.copyable = CopyableLines.of(Optional.of(cluster), Optional.empty());
        this.cluster = "cluster '" + cluster + "': ";
    }

    /** A progress that nobody sees. */
    private static final class Unseen implements ObjectProgress {
        @Override
        public void done(long objects, long bytes) {}

        @Override
        public void close() {}
    }

    @Override
    public BackupRun.Observer backup() {
        BackupOutput shown = new BackupOutput(output.withPrefix(cluster));
        return new BackupRun.Observer() {
            @Override
            public Taking taking(List<String> repositories) {
                output.detail(cluster + "a backup begins in " + String.join(", ", repositories));
                return shown.taking(repositories);
            }

            @Override
            public ObjectProgress copying(String title) {
                return new Unseen();
            }

            @Override
            public void tell(Finding finding) {
                shown.tell(completed(finding));
            }
        };
    }

    @Override
    public DrillRun.Observer drill() {
        return new UnseenDrill();
    }

    /** Tells what goes wrong beside it: its end is told as a whole. */
    private final class UnseenDrill implements DrillRun.Observer {
        @Override
        public RestoreRun.Observer.Restoring restoring(long bytes) {
            output.detail(cluster + "a drill restores " + Amounts.size(bytes));
            return new UnseenRestore();
        }

        @Override
        public RestoreRun.Observer.Restoring copyingWal(long bytes) {
            return new UnseenRestore();
        }

        @Override
        public Replaying replaying(RestorePlan.Chosen plan, WalSegmentSize size) {
            return new UnseenReplay();
        }

        @Override
        public void begins(String what) {
            output.detail(cluster + "drill: " + what);
        }

        @Override
        public void tell(Finding finding) {
            output.tell(completed(finding));
        }
    }

    private static final class UnseenRestore implements RestoreRun.Observer.Restoring {
        @Override
        public void advanced(long bytes) {}

        @Override
        public void close() {}
    }

    private static final class UnseenReplay implements DrillRun.Observer.Replaying {
        @Override
        public void replayed(Lsn upTo, Optional<Instant> commit) {}

        @Override
        public void close() {}
    }

    @Override
    public ObjectProgress progress(String repository) {
        return new Unseen();
    }

    @Override
    public void did(Task.Report report) {
        switch (report) {
            case Task.Report.Delivered delivered -> delivered(delivered.repository(), delivered.delivery());
            case Task.Report.Completed completed -> completed(completed.outcome());
            case Task.Report.BackedUp _ -> {
                // Printed as it was published.
            }
            case Task.Report.Expired expired -> expired(expired.result());
            case Task.Report.Repaired repaired -> repaired(repaired);
            case Task.Report.Verified verified -> verified(verified.result());
            case Task.Report.Drilled drilled -> drilled(drilled.report());
        }
    }

    private void delivered(String repository, DeliveryReport report) {
        output.say(cluster + Amounts.count(report.objects(), "queued file was", "queued files were") + " delivered to '"
                + repository + "'");
        report.refused()
                .forEach(refused -> output.warn(
                        cluster + "'" + repository + "' refused '" + refused.keyName() + "': " + refused.problem(),
                        copyable.complete("See also: tidemark check")));
        report.removed()
                .forEach(removed -> output.warn(
                        cluster + removed.noLongerQueued(repository), copyable.complete(RefusedObject.SEE_POLICIES)));
    }

    private void completed(WaitingBackups.Outcome outcome) {
        if (outcome instanceof WaitingBackups.Outcome.Completed) {
            output.say(cluster + "the WAL of backup '" + outcome.id() + "' has arrived: it is complete in '"
                    + outcome.repository() + "'");
        }
    }

    private void expired(ExpiryRun.Result result) {
        for (ExpiryRun.Expired each : result.archives()) {
            String in = cluster + "'" + each.planned().repository() + "': ";
            each.report().ifPresent(report -> output.count(report.bytes()));
            // Nothing is told where nothing was done: it is asked each time, in each repository of each cluster.
            each.report()
                    .filter(report -> report.objects() > 0)
                    .ifPresent(report -> output.say(in + "deleted " + ExpiryOutput.summary(report) + " by policy "
                            + each.planned()
                                    .settings()
                                    .policy()
                                    .map(Object::toString)
                                    .orElse("")));
            each.report()
                    .ifPresent(report -> report.spared()
                            .forEach((id, why) -> output.warn(
                                    in + "backup '" + id + "' was not deleted: " + why,
                                    copyable.complete("See: tidemark show-backup " + id))));
        }
    }

    private void drilled(DrillReport report) {
        String told = cluster + "drill: " + report.verdict();
        String backup = report.backup().map(id -> ", from backup " + id).orElse("");
        report.failure()
                .flatMap(Judgement::fault)
                .ifPresentOrElse(
                        fault -> output.warn(told + backup, copyable.complete(fault.hint())),
                        () -> output.say(told + backup));
    }

    private void repaired(Task.Report.Repaired repaired) {
        String in = cluster + "'" + repaired.repository() + "': ";
        if (repaired.objects() > 0) {
            output.say(in + Amounts.count(repaired.objects(), "object was", "objects were") + " copied from '"
                    + repaired.from() + "' for what is damaged or missing");
        }
        repaired.failure()
                .ifPresent(failure -> output.warn(
                        in + "what is damaged or missing could not be copied from '" + repaired.from() + "': "
                                + failure.getMessage(),
                        copyable.complete(failure.hint())));
    }

    private void verified(VerifyRun.Result result) {
        result.warnings().forEach(finding -> output.tell(completed(finding)));
        result.reports().forEach((repository, reports) -> reports.forEach(report -> verified(repository, report)));
    }

    private void verified(String repository, VerifyReport report) {
        for (ObjectFinding finding : report.findings()) {
            if (finding.severity() == ObjectFinding.Severity.PROBLEM) {
                output.warn(
                        cluster + "'" + repository + "': " + finding.key() + ": " + finding.text(),
                        copyable.complete("See everything with: tidemark verify"));
            }
        }
        output.count(report.bytesRead());
        output.say(cluster + "'" + repository + "': verified "
                + Amounts.count(report.objectsRead(), "object", "objects") + ", " + Amounts.size(report.bytesRead()));
    }

    @Override
    public void ended(String task, Optional<String> repository, Duration took, ExitCode status) {
        output.ended(task, repository, took, status);
    }

    @Override
    public void cutOff(String task, Optional<String> repository, Instant begun, Optional<String> host) {
        output.warn(
                cluster + "the " + task
                        + repository.map(name -> " in '" + name + "'").orElse("") + " that began at "
                        + UtcTime.seconds(begun)
                        + host.map(name -> " on " + name).orElse("")
                        + " was cut off: its process was stopped or killed, or the host went down",
                copyable.complete("The next attempt starts automatically. See when with: tidemark cron --dry-run"));
    }

    @Override
    public void lacking(LackingBackup lacking) {
        output.say(cluster + lacking.why() + ": a backup is taken out of turn");
    }

    @Override
    public void failed(TaskReport report) {
        if (!report.isTold() || output.isVerbose()) {
            UserFacingException failure = report.failure().orElseThrow();
            String in = report.repository().map(name -> " in '" + name + "'").orElse("");
            output.error(cluster + report.task() + in + ": " + failure.getMessage(), copyable.complete(failure.hint()));
        }
    }

    /** A command about this cluster names it: cron may serve several. */
    private Finding completed(Finding finding) {
        return finding.withHint(copyable.complete(finding.hint()));
    }

    /** The cluster itself cannot be served. */
    UserFacingException failed(Exception e) {
        UserFacingException failure = CommandRun.explain(e);
        output.error(cluster + failure.getMessage(), copyable.complete(failure.hint()));
        return failure;
    }

    /** A line for each task. */
    static List<String> table(Map<ClusterName, CronRun.Result> results) {
        TextTable table = new TextTable(
                Column.left("CLUSTER"),
                Column.left("TASK"),
                Column.left("REPOSITORY"),
                Column.left("SCHEDULE"),
                Column.left("STATE"),
                Column.left("NEXT (UTC)"));
        results.forEach((cluster, result) -> {
            for (TaskReport each : result.tasks()) {
                table.row(
                        cluster.value(),
                        each.task(),
                        each.repository().orElse("all"),
                        each.schedule().map(times -> times + " " + times.zone()).orElse("never"),
                        text(each),
                        each.next().map(Amounts::minute).orElse("-"));
            }
        });
        return table.lines();
    }

    private static String text(TaskReport report) {
        return report.failure()
                .map(failure -> "unknown: " + failure.getMessage())
                .orElseGet(() -> switch (report.state()) {
                    case TaskState.NotDue _ -> "not due";
                    case TaskState.Due due ->
                        "due since " + Amounts.minute(due.since())
                                + (due.number() == 1 ? "" : ", attempt " + due.number());
                    case TaskState.Done done -> "done for " + Amounts.minute(done.due());
                    case TaskState.Running running ->
                        running.attempt()
                                .flatMap(attempt -> attempt.claimant())
                                .map(who -> "runs on " + who.host())
                                .orElse("runs");
                    case TaskState.AwaitingWal awaiting -> "backup " + awaiting.id() + " waits for its WAL";
                    case TaskState.Paused paused ->
                        (paused.cutOff().isPresent() ? "cut off" : "failed") + ", next attempt at "
                                + Amounts.minute(paused.until());
                    case TaskState.OnHold held -> "paused until " + Amounts.minute(held.until());
                    case TaskState.DayOff off -> "day off, until " + Amounts.minute(off.until());
                    case TaskState.GivenUp given ->
                        "failed"
                                + given.failed()
                                        .outcome()
                                        .map(end -> ": " + end.message())
                                        .orElse("");
                });
    }

    /** The document of {@code cron} in JSON. */
    public record View(boolean dryRun, List<Cluster> clusters) {
        /** A cluster, or why it cannot be served. */
        public record Cluster(
                ClusterName cluster, int status, Optional<FailureView> error, Optional<List<Task>> tasks) {
            static Cluster of(ClusterName cluster, CronRun.Result result) {
                return new Cluster(
                        cluster,
                        result.status().status(),
                        Optional.empty(),
                        Optional.of(Json.list(result.tasks(), Task::of)));
            }

            /** A cluster that could not be served. */
            public static Cluster of(ClusterName cluster, UserFacingException failure) {
                return new Cluster(
                        cluster, failure.exitCode().status(), Optional.of(FailureView.of(failure)), Optional.empty());
            }
        }

        private record Task(
                String task,
                Optional<String> repository,
                Optional<String> schedule,
                Optional<String> timeZone,
                String state,
                Optional<Instant> due,
                Optional<Instant> next,
                Optional<FailureView> error) {
            static Task of(TaskReport report) {
                return new Task(
                        report.task(),
                        report.repository(),
                        report.schedule().map(Object::toString),
                        report.schedule().map(times -> times.zone().toString()),
                        name(report.state()),
                        CronOutput.due(report.state()),
                        report.next(),
                        report.failure().map(FailureView::of));
            }
        }
    }

    private static String name(TaskState state) {
        return switch (state) {
            case TaskState.NotDue _ -> "not-due";
            case TaskState.Due _ -> "due";
            case TaskState.Done _ -> "done";
            case TaskState.Running _ -> "running";
            case TaskState.AwaitingWal _ -> "awaiting-wal";
            case TaskState.Paused _ -> "tried-later";
            case TaskState.OnHold _ -> "paused";
            case TaskState.DayOff _ -> "day-off";
            case TaskState.GivenUp _ -> "failed";
        };
    }

    private static Optional<Instant> due(TaskState state) {
        return switch (state) {
            case TaskState.Due due -> Optional.of(due.since());
            case TaskState.Done done -> Optional.of(done.due());
            case TaskState.NotDue _,
                    TaskState.Running _,
                    TaskState.AwaitingWal _,
                    TaskState.Paused _,
                    TaskState.OnHold _,
                    TaskState.DayOff _,
                    TaskState.GivenUp _ -> Optional.empty();
        };
    }
}
