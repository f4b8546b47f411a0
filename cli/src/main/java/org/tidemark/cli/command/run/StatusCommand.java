// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.run;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.CountOptions;
import org.tidemark.cli.call.GlobalOptions;
import org.tidemark.cli.call.Help;
import org.tidemark.cli.call.ShortCommand;
import org.tidemark.cli.command.backups.MarksWarnings;
import org.tidemark.cli.output.Output;
import org.tidemark.cli.output.Terminal;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.page.TimeLinePage;
import org.tidemark.session.Session;
import org.tidemark.session.reading.ClusterReading;
import org.tidemark.view.StatusView;
import org.tidemark.watch.status.ClusterStatus;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "status",
        description = {
            "Shows what protects the cluster: the last backup, the last WAL, and which moments can be reached.",
            "It reads the repositories and the queues of this host, and does not ask PostgreSQL: 'tidemark check' does,"
                    + " and says what is wrong. If a repository does not answer, the others are shown with a warning,"
                    + " and the exit status says why. If none answers, what this host has is still shown.",
        })
@Help(
        group = Help.Group.RUN,
        synopsis = "status [--recount] [--svg FILE]",
        examples = {
            "tidemark status",
            "tidemark status --cluster all --output json",
            "tidemark status --cluster main --svg main.svg",
        },
        uses = Help.Uses.REPOSITORY,
        statuses = {
            ExitCode.DONE,
            ExitCode.USAGE,
            ExitCode.DAMAGED,
            ExitCode.UNKNOWN_FORMAT,
            ExitCode.NO_BACKUP,
            ExitCode.LOCAL_FILES
        })
public final class StatusCommand implements Callable<ExitCode>, ShortCommand {
    private final CommandContext context;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    @Mixin
    private final CountOptions count = new CountOptions();

    @Option(
            names = "--svg",
            paramLabel = "FILE",
            description = "also write the moments that can be restored as a picture; a file that is there is replaced")
    private @Nullable Path svg;

    public StatusCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitCode call() throws IOException {
        if (svg != null && global.isForAll()) {
            throw new UserFacingException(
                    ExitCode.USAGE, "a picture is of one cluster, not of all", "Name the cluster with --cluster.");
        }
        Output output = global.output(context);
        Instant now = context.clock().instant();
        ClusterStatus status;
        try (Session session = global.readingSession(context)) {
            ClusterReading reading = ClusterReading.of(session, count.reading(), now);
            status = ClusterStatus.of(session, reading, svg != null);
            status.repositories().warnings().forEach(output::tell);
            MarksWarnings.tell(output, reading);
        }
        if (output.isJson()) {
            output.json(StatusView.of(status, now));
        } else {
            CountOptions.tell(output, status.counted(), "status");
            StatusLines.of(status, now, Terminal.of(context.environment(), context.dataToTerminal()))
                    .forEach(output::advise);
        }
        // What this host has is shown even if no repository answers. A picture of nothing replaces none.
        status.repositories().requireOne();
        if (svg != null) {
            PageFile.write(context, svg, TimeLinePage.svg(status, now));
        }
        return status.repositories().status();
    }
}
