// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.run;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.GlobalOptions;
import org.tidemark.cli.call.Help;
import org.tidemark.cli.output.Output;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.CopyableCommand;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.sync.QueueDelivery;
import org.tidemark.operations.sync.QueueForgetting;
import org.tidemark.operations.sync.QueueForgetting.Plan;
import org.tidemark.operations.sync.SyncRun;
import org.tidemark.replicate.SyncOptions;
import org.tidemark.replicate.SyncOptions.Comparing;
import org.tidemark.replicate.SyncOptions.SyncMode;
import org.tidemark.session.Session;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "sync",
        description = {
            "Copies to each repository of the cluster what it lacks and another one has: first"
                    + " what was queued for it while it lagged, then WAL, timeline histories and backups."
                    + " Nothing is copied between repositories with different encrypt-to.",
            "It repairs objects that verify found damaged: it stores an intact copy from another repository in addition"
                    + " to the damaged object, and every command reads the copy.",
            "With FROM and TO, copies the whole archive of the cluster from one repository to the other, which"
                    + " 'tidemark init' must have created. Objects are copied as they are stored and compared with"
                    + " their digests. Nothing is overwritten: where the two hold different content, both keep their"
                    + " own, and the status is 1. It can be stopped and run again at any time.",
            "With --backup as well, copies that full backup alone, with the WAL that it needs: for a tape, or to keep a"
                    + " year elsewhere, in a repository without a retention policy. What it makes is a repository"
                    + " like any other, of plain files where TO is a directory.",
            "--forget NAME removes the queue of a repository that is gone for good. An object whose only copy is in the"
                    + " spool is never removed. Also remove the repository from the configuration: until then, the"
                    + " other repositories keep every backup and segment that it lacks.",
        })
@Help(
        group = Help.Group.RUN,
        synopsis = {
            "sync [--dry-run] [--quick]",
            "sync FROM TO [--dry-run] [--quick]",
            "sync FROM TO --backup ID",
            "sync --forget NAME [--dry-run]"
        },
        examples = {"tidemark sync", "tidemark sync local offsite --dry-run", "tidemark sync --forget offsite"},
        uses = Help.Uses.REPOSITORY,
        statuses = {
            ExitCode.DONE,
            ExitCode.NO,
            ExitCode.USAGE,
            ExitCode.STORE_FULL,
            ExitCode.WRONG_CLUSTER,
            ExitCode.WAL_MISSING,
            ExitCode.DAMAGED,
            ExitCode.NO_BACKUP,
            ExitCode.LOCAL_FILES,
            ExitCode.INTERRUPTED
        })
public final class SyncCommand implements Callable<ExitCode> {
    private final CommandContext context;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    @Parameters(
            index = "0",
            paramLabel = "FROM",
            arity = "0..1",
            description = "the repository to copy from, NAME or URL")
    private @Nullable String from;

    @Parameters(index = "1", paramLabel = "TO", arity = "0..1", description = "the repository to copy to, NAME or URL")
    private @Nullable String to;

    @Option(names = "--dry-run", description = "show what would be delivered and copied, but store nothing")
    private boolean dryRun;

    @Option(
            names = "--quick",
            description = "do not compare what both hold, but for what verify found damaged (comparing takes two small"
                    + " reads for each WAL file, and reads every backup whole in both repositories)")
    private boolean quick;

    @Option(
            names = "--backup",
            paramLabel = "ID",
            description = "copy this full backup alone: an id, a name, latest-full, latest, previous or oldest")
    private @Nullable String backup;

    @Option(
            names = "--forget",
            paramLabel = "NAME",
            description = "remove the queue of this repository on this host; NAME may be the id that check shows")
    private @Nullable String forget;

    public SyncCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitCode call() throws IOException {
        Output output = global.output(context);
        String forgotten = forget;
        if (forgotten != null) {
            return forget(forgotten, output);
        }
        String source = from;
        String target = to;
        if (source != null && target == null) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "there is a repository to copy from, '" + source + "', but none to copy to",
                    "Name both: " + CopyableCommand.of("sync", source, "TO")
                            + ", or neither to complete every repository.");
        }
        String chosen = backup;
        if (chosen != null && (target == null || dryRun)) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "--backup copies one backup from one repository to another, and shows no plan",
                    "Run: " + CopyableCommand.of("sync", "FROM", "TO", "--backup", chosen)
                            + ". What it would copy is shown by: " + CopyableCommand.of("show-backup", chosen));
        }
        try (Session session = global.session(context)) {
            SyncOptions options = new SyncOptions(
                    session.configuration()
                            .host()
                            .effectiveJobs(Runtime.getRuntime().availableProcessors()),
                    dryRun ? SyncMode.DRY_RUN : SyncMode.COPY,
                    quick ? Comparing.NOTHING : Comparing.DIGESTS);
            SyncOutput shown = new SyncOutput(output, dryRun);
            SyncRun run = new SyncRun(session, context.clock(), options, shown);
            if (source != null && target != null && chosen != null) {
                run.copyBackup(session.repositorySettings(source), session.repositorySettings(target), chosen);
            } else if (source != null && target != null) {
                run.copy(session.repositorySettings(source), session.repositorySettings(target));
            } else {
                List<RepositorySettings> all = session.repositorySettings();
                run.heal(all);
            }
            shown.finish();
            return run.status();
        }
    }

    private ExitCode forget(String repository, Output output) throws IOException {
        if (from != null || quick || backup != null) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "--forget cannot be combined with FROM, TO, --quick or --backup",
                    "Run: " + CopyableCommand.of("sync", "--forget", repository));
        }
        try (Session session = global.session(context)) {
            QueueForgetting forgetting = new QueueForgetting(session, new QueueDelivery(session, context.clock()));
            Plan plan = forgetting.plan(repository);
            if (!dryRun) {
                forgetting.apply(plan);
            }
            new SyncOutput(output, dryRun).forgotten(plan);
            return ExitCode.DONE;
        }
    }
}
