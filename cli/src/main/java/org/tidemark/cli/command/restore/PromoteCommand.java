// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.restore;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.DurationOption;
import org.tidemark.cli.call.GlobalOptions;
import org.tidemark.cli.call.Help;
import org.tidemark.cli.output.Output;
import org.tidemark.core.CopyableCommand;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Finding;
import org.tidemark.core.Timeline;
import org.tidemark.server.promotion.Promotion;
import org.tidemark.server.promotion.PromotionPlan;
import org.tidemark.session.Session;
import org.tidemark.view.Json;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "promote",
        description = {
            "Promotes a standby of this host after its primary was lost.",
            "It refuses if the server at the cluster's conninfo is a primary or rejects the login, if the standby"
                    + " streams, if a later timeline exists, and if new WAL arrives during --wait. It cannot prove"
                    + " that the primary is stopped: it may run where this host cannot reach it. Make sure that the"
                    + " primary is stopped before you promote. Afterwards it prints the next steps.",
            "It is not a failover manager: an operator runs it.",
        })
@Help(
        group = Help.Group.RESTORE,
        synopsis = "promote --standby DIR [--wait DURATION] [--dry-run]",
        examples = {"tidemark promote --standby /pg/standby --dry-run", "tidemark promote --standby /pg/standby"},
        uses = {Help.Uses.REPOSITORY, Help.Uses.POSTGRES},
        statuses = {ExitCode.DONE, ExitCode.NO, ExitCode.USAGE, ExitCode.LOCAL_FILES, ExitCode.TIMED_OUT})
public final class PromoteCommand implements Callable<ExitCode> {
    private static final Duration LONGEST = Duration.ofHours(1);

    private final CommandContext context;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    @Mixin
    private final StandbyDirectory directory = new StandbyDirectory();

    @Option(
            names = "--wait",
            paramLabel = "DURATION",
            description = "how long to watch for new WAL of the primary, which prevents the promotion; default: 30s")
    private String wait = "30s";

    @Option(names = "--dry-run", description = "show what is known now, but promote nothing")
    private boolean dryRun;

    /**
     * The document of one run.
     *
     * @param timeline that it writes now; without one, it was not promoted
     */
    public record View(
            boolean isPromoted, Optional<Timeline> timeline, Optional<String> conninfo, List<StandbyFinding> findings) {
        /** The document of one run. */
        public static View of(Optional<Timeline> timeline, Optional<String> conninfo, List<Finding> findings) {
            return new View(timeline.isPresent(), timeline, conninfo, Json.list(findings, StandbyFinding::of));
        }
    }

    public PromoteCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitCode call() throws IOException, InterruptedException {
        Output output = global.output(context);
        Duration pause = pause();
        Path standby = directory.path(context);
        try (Session session = global.readingSession(context)) {
            Promotion promotion = Promotion.of(session, standby, context.clock());
            if (!dryRun) {
                output.say("watching for " + wait + " whether new WAL of the primary arrives");
            }
            PromotionPlan plan = dryRun ? promotion.plan() : promotion.planAfter(pause);
            Optional<Timeline> timeline = dryRun || !plan.isAllowed() ? Optional.empty() : Optional.of(promotion.run());
            List<Finding> findings = new ArrayList<>(plan.findings());
            if (timeline.isPresent()) {
                findings.addAll(promotion.archiveHistory(timeline.get()));
                findings.addAll(promotion.afterwards());
            }
            if (output.isJson()) {
                output.json(View.of(timeline, timeline.map(_ -> promotion.conninfo()), findings));
            } else {
                findings.forEach(output::tell);
                timeline.ifPresent(written -> next(output, standby, promotion.conninfo(), written));
                if (timeline.isEmpty()) {
                    output.line(
                            plan.isAllowed()
                                    ? "it would be promoted"
                                    : dryRun ? "it would not be promoted" : "NOT promoted");
                }
            }
            return plan.isAllowed() ? ExitCode.DONE : ExitCode.NO;
        }
    }

    private static void next(Output output, Path standby, String conninfo, Timeline timeline) {
        output.line("promoted: the server accepts writes, on timeline " + timeline
                + ". It is NOT PROTECTED before the next steps are done");
        output.advise(
                "next, on this host: as the user who may write the configuration, name the new primary in it; then set up"
                        + " archiving, and take a backup. On other hosts, set a conninfo that reaches this server");
        output.advise("  " + CopyableCommand.of("config", "set", "data-directory", standby.toString()));
        output.advise("  " + CopyableCommand.of("config", "set", "conninfo", conninfo));
        output.advise("  " + CopyableCommand.of("setup", "primary"));
        output.advise("  " + CopyableCommand.of("backup"));
    }

    private Duration pause() {
        return DurationOption.parse(
                "--wait",
                wait,
                each -> each.compareTo(LONGEST) <= 0,
                "Give it from 0s to 1h, such as 30s. With 0s it does not wait.");
    }
}
