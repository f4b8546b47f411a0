// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.restore;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.GlobalOptions;
import org.tidemark.cli.call.Help;
import org.tidemark.cli.output.Output;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Finding;
import org.tidemark.core.Timeline;
import org.tidemark.server.promotion.FollowPlan;
import org.tidemark.server.promotion.Following;
import org.tidemark.session.Session;
import org.tidemark.view.Json;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "follow",
        description = {
            "Lets a running standby of this host follow another primary.",
            "It refuses if the standby has WAL that the primary lacks: such a standby has to be made again, and it says"
                    + " with which command. Otherwise it sets primary_conninfo, and waits until the standby streams. The"
                    + " standby keeps its name, so synchronous_standby_names still knows it.",
        })
@Help(
        group = Help.Group.RESTORE,
        synopsis = "follow --standby DIR [--primary CONNINFO] [--dry-run]",
        examples = {
            "tidemark follow --standby /pg/standby --primary 'host=db2 user=replicator'",
            "tidemark follow --standby /pg/standby --dry-run"
        },
        uses = Help.Uses.POSTGRES,
        statuses = {ExitCode.DONE, ExitCode.NO, ExitCode.USAGE, ExitCode.LOCAL_FILES, ExitCode.TIMED_OUT})
public final class FollowCommand implements Callable<ExitCode> {
    private final CommandContext context;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    @Mixin
    private final StandbyDirectory directory = new StandbyDirectory();

    @Option(
            names = "--primary",
            paramLabel = "CONNINFO",
            description =
                    "how the standby connects to the primary, without a password; default: the cluster's conninfo")
    private @Nullable String primary;

    @Option(names = "--dry-run", description = "show what is known now, but change nothing")
    private boolean dryRun;

    /**
     * The document.
     *
     * @param follows whether it was told to
     * @param timeline that it streams now; none yet if it replays with a delay
     */
    record View(boolean follows, Optional<Timeline> timeline, List<StandbyFinding> findings) {
        static View of(boolean follows, Optional<Timeline> timeline, List<Finding> findings) {
            return new View(follows, timeline, Json.list(findings, StandbyFinding::of));
        }
    }

    public FollowCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitCode call() throws IOException, InterruptedException {
        Output output = global.output(context);
        Path standby = directory.path(context);
        try (Session session = global.session(context)) {
            Following following = Following.of(session, standby, PrimaryOptions.conninfo(primary, session));
            FollowPlan plan = following.plan();
            boolean follows = !dryRun && plan.isAllowed();
            Optional<Timeline> timeline = follows ? following.run() : Optional.empty();
            if (output.isJson()) {
                output.json(View.of(follows, timeline, plan.findings()));
            } else {
                plan.findings().forEach(output::tell);
                if (follows) {
                    output.line(timeline.map(each -> "the standby streams, on timeline " + each)
                            .orElse("the standby has its new primary_conninfo; it streams when it has replayed what is"
                                    + " archived, with its delay"));
                }
            }
            return plan.isAllowed() ? ExitCode.DONE : ExitCode.NO;
        }
    }
}
