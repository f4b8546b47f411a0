// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.retention;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.cli.call.UnreadRepositories;
import org.tidemark.cli.output.Output;
import org.tidemark.cli.output.TextTable;
import org.tidemark.cli.output.TextTable.Column;
import org.tidemark.core.Amounts;
import org.tidemark.core.CopyableCommand;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Finding;
import org.tidemark.core.Finding.Severity;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.ObjectProgress;
import org.tidemark.operations.retention.ExpiryRun;
import org.tidemark.operations.retention.ExpiryRun.Expired;
import org.tidemark.operations.retention.ExpiryRun.Mode;
import org.tidemark.operations.retention.ExpiryRun.Result;
import org.tidemark.operations.retention.PlannedArchive;
import org.tidemark.retention.Expirer;
import org.tidemark.retention.Expirer.ExpiryReport;
import org.tidemark.retention.RetentionCatalog.PublishedBackup;
import org.tidemark.retention.RetentionPlan;
import org.tidemark.retention.RetentionPlan.BackupFate;
import org.tidemark.retention.RetentionPlan.Reason;
import org.tidemark.retention.RetentionPlan.WalFate;
import org.tidemark.view.FailureView;
import org.tidemark.view.IncarnationView;
import org.tidemark.view.Json;
import org.tidemark.view.Json.Inline;
import org.tidemark.view.RangeView;
import org.tidemark.view.UnreadView;

/** What {@code expire} and {@code delete} print: what goes from each repository, and what became of it. */
public final class ExpiryOutput implements ExpiryRun.Observer {
    private final Output output;
    private final Mode mode;

    private record View(boolean dryRun, List<Archive> repositories, Optional<List<UnreadView>> unreadable) {}

    private record Archive(
            String repository,
            @Inline IncarnationView incarnation,
            List<Backup> backups,
            List<BackupId> remains,
            List<Wal> wal,
            long later,
            List<String> problems,
            Optional<Deleted> deleted,
            Optional<FailureView> error) {
        record Backup(BackupId id, Instant ended, long storedSize) {}

        record Wal(Timeline timeline, @Inline RangeView range, long storedSize) {
            static Wal of(WalFate wal) {
                RangeView range = new RangeView(wal.first(), wal.last(), wal.segments());
                return new Wal(wal.timeline(), range, wal.storedBytes());
            }
        }

        static Archive of(Expired expired) {
            PlannedArchive planned = expired.planned();
            RetentionPlan plan = planned.plan();
            return new Archive(
                    planned.repository(),
                    IncarnationView.of(planned.archive().identity()),
                    Json.list(plan.leaving(), each -> new Backup(each.id(), each.ended(), each.storedBytes())),
                    plan.abandoned(),
                    Json.list(plan.leavingWal(), Wal::of),
                    ExpiryOutput.later(plan),
                    plan.problems(),
                    expired.report().map(Deleted::of),
                    expired.failure().map(FailureView::of));
        }
    }

    private record Deleted(
            List<BackupId> backups,
            List<Spared> spared,
            long objects,
            long size,
            Optional<String> walLeft,
            long refused,
            Optional<String> refusal,
            List<Remark> remarks) {
        record Spared(BackupId id, String why) {}

        record Remark(Severity severity, String subject, String message) {}

        static Deleted of(ExpiryReport report) {
            return new Deleted(
                    report.backups(),
                    Json.list(report.spared(), Spared::new),
                    report.objects(),
                    report.bytes(),
                    report.walLeft(),
                    report.refused(),
                    report.refusal(),
                    Json.list(report.remarks(), each -> new Remark(each.severity(), each.subject(), each.message())));
        }
    }

    /** @param output of one cluster */
    public ExpiryOutput(Output output, Mode mode) {
        this.output = output;
        this.mode = mode;
    }

    @Override
    public ObjectProgress removing(String repository) {
        return output.progress("deleting from '" + repository + "'", 0);
    }

    /**
     * Prints a result.
     *
     * @param confirm how to delete what a dry run listed
     * @throws UserFacingException if no repository could be read
     */
    public void print(Result result, CopyableCommand confirm) {
        UnreadRepositories.warn(output, result.repositories());
        for (Expired each : result.archives()) {
            if (!output.isJson()) {
                plan(each.planned());
            }
            outcome(each);
        }
        boolean isDue = result.archives().stream()
                .anyMatch(each -> !each.planned().plan().removesNothing());
        if (mode == Mode.DRY_RUN && isDue) {
            output.say("nothing was deleted; to delete what is listed: " + confirm);
        }
        if (output.isJson()) {
            output.json(new View(
                    mode == Mode.DRY_RUN,
                    Json.list(result.archives(), Archive::of),
                    UnreadView.of(result.repositories())));
        }
    }

    private void plan(PlannedArchive planned) {
        RetentionPlan plan = planned.plan();
        if (plan.removesNothing()) {
            return;
        }
        if (!plan.leaving().isEmpty()) {
            TextTable table = new TextTable(
                    Column.left("REPOSITORY"),
                    Column.left("BACKUP"),
                    Column.left("ENDED (UTC)"),
                    Column.right("STORED"));
            for (PublishedBackup backup : plan.leaving()) {
                table.row(
                        planned.repository(),
                        backup.id().value(),
                        Amounts.minute(backup.ended()),
                        Amounts.size(backup.storedBytes()));
            }
            table.lines().forEach(output::line);
        }
        for (BackupId id : plan.abandoned()) {
            output.line("what is left of " + id + ", except what a backup uses: it was deleted, was never completed, or"
                    + " cannot be read");
        }
        for (WalFate wal : plan.leavingWal()) {
            output.line("WAL of timeline " + wal.timeline() + ": "
                    + (wal.first().equals(wal.last()) ? wal.first() : wal.first() + " to " + wal.last()) + ", "
                    + Amounts.count(wal.segments(), "segment", "segments") + ", about "
                    + Amounts.size(wal.storedBytes()));
        }
    }

    private void outcome(Expired each) {
        String in = "'" + each.planned().repository() + "'";
        RetentionPlan plan = each.planned().plan();
        long later = later(plan);
        if (each.failure().isPresent()) {
            output.error(
                    in + ": " + each.failure().get().getMessage(),
                    each.failure().get().hint());
            return;
        }
        each.planned()
                .silent()
                .forEach(other -> output.warn(
                        in + ": '" + other + "' did not answer, so what it may lack, and the WAL of backups that it may"
                                + " have, stays",
                        "When it answers again, run: " + CopyableCommand.of("sync", "--quick")));
        if (plan.removesNothing()) {
            if (!output.isJson()) {
                output.line(in + ": nothing is to be deleted");
            }
            return;
        }
        plan.problems()
                .forEach(problem -> output.warn(
                        in + ": nothing can be deleted while the catalog cannot be read whole: " + problem,
                        Expirer.UNREADABLE_HINT));
        each.planned()
                .lackedBy()
                .forEach((id, other) -> output.warn(
                        in + ": backup '" + id + "' "
                                + (mode == Mode.DRY_RUN ? "would be deleted" : "was to be deleted")
                                + ", but the policy of '" + other + "' keeps it, and '" + other
                                + "' may not have a copy",
                        mode == Mode.DRY_RUN
                                ? "To have it there first, run: " + CopyableCommand.of("sync", "--quick")
                                : "See what is left with: " + CopyableCommand.of("list-backup")));
        if (!output.isJson()) {
            each.report()
                    .ifPresentOrElse(
                            report -> output.line(in + ": deleted " + summary(report)),
                            () -> output.line(in + ": would delete " + plan.summary()));
        }
        each.report().ifPresent(report -> {
            output.count(report.bytes());
            report.spared()
                    .forEach((id, why) -> output.warn(
                            in + ": backup '" + id + "' was not deleted: " + why, "See: tidemark show-backup " + id));
            report.walLeft()
                    .ifPresent(why -> output.warn(
                            in + ": WAL that was to go stays until the next run: " + why, "Run the command again."));
            if (report.refused() > 0) {
                output.warn(
                        in + ": "
                                + Amounts.count(report.refused(), "object was", "objects were")
                                + " not deleted, because the store refuses it: "
                                + report.refusal().orElse(""),
                        "A lock, a legal hold or a rule of the store protects them. Wait: the next run tries again.");
            }
            report.remarks().forEach(remark -> remark(in, remark));
        });
        if (later > 0) {
            output.say(in + ": " + Amounts.count(later, "more backup goes", "more backups go")
                    + " in later runs; to delete them now, add --all");
        }
    }

    /** What could not be asked is said by check. */
    private void remark(String in, Finding remark) {
        if (remark.severity() != Severity.OK) {
            output.warn(in + ": " + remark.message(), remark.hint());
        } else if (remark.hint().isEmpty()) {
            output.say(in + ": " + remark.message());
        }
    }

    private static long later(RetentionPlan plan) {
        return plan.backups().stream()
                .filter(each -> each.reasons().stream().anyMatch(Reason.LaterRun.class::isInstance))
                .count();
    }

    /** The amounts of a report, in one line. */
    public static String summary(ExpiryReport report) {
        return Amounts.count(report.backups().size(), "backup", "backups") + ", "
                + Amounts.count(report.objects(), "object", "objects") + ", " + Amounts.size(report.bytes());
    }

    /** That of the first failure; of a dry run, whether the plan could be carried out. */
    ExitCode status(Result result) {
        Optional<ExitCode> unreadable = result.archives().stream()
                        .anyMatch(each -> !each.planned().plan().problems().isEmpty())
                ? Optional.of(ExitCode.DAMAGED)
                : Optional.empty();
        return result.status() != ExitCode.DONE ? result.status() : unreadable.orElse(ExitCode.DONE);
    }

    /** The backups of all archives that stay, for {@code --verbose}. */
    void detail(List<Expired> archives) {
        for (Expired each : archives) {
            for (BackupFate fate : each.planned().plan().backups()) {
                if (fate.stays()) {
                    output.detail(
                            each.planned().repository() + ": " + fate.backup().id() + " stays: "
                                    + fate.reasons().getFirst().text());
                }
            }
        }
    }
}
