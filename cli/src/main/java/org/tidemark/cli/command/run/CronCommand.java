// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.run;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.GlobalOptions;
import org.tidemark.cli.call.Help;
import org.tidemark.cli.call.LauncherPath;
import org.tidemark.cli.command.restore.Restoration;
import org.tidemark.cli.command.run.CronOutput.View;
import org.tidemark.cli.output.Output;
import org.tidemark.cli.process.ProgramVersion;
import org.tidemark.config.ConfigurationLoader;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.service.cron.CallingProgram;
import org.tidemark.service.cron.CronRun;
import org.tidemark.service.cron.CronRun.Mode;
import org.tidemark.session.RunningService;
import org.tidemark.session.Session;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "cron",
        description = {
            "Runs the tasks that are due, for every cluster. Let cron or a timer call it once a minute.",
            "It delivers queued WAL and, on the schedule of each cluster, takes backups, deletes what has expired by"
                    + " the retention policy, and verifies the repositories. It prints something only if it did"
                    + " something or something is wrong; a problem that persists is printed once an hour.",
            "Calls may overlap, and several hosts may call it: each task runs once. One run makes up for all that were"
                    + " missed. --dry-run shows what is due, and when each task runs next.",
        })
@Help(
        group = Help.Group.RUN,
        synopsis = "cron [--dry-run]",
        examples = {"tidemark cron", "tidemark cron --dry-run"},
        uses = {Help.Uses.REPOSITORY, Help.Uses.POSTGRES},
        statuses = {
            ExitCode.DONE,
            ExitCode.NO,
            ExitCode.USAGE,
            ExitCode.DAMAGED,
            ExitCode.STORE_FULL,
            ExitCode.WRONG_CLUSTER,
            ExitCode.DAMAGED_PAGES,
            ExitCode.BACKUP_FAILED,
            ExitCode.WAL_NOT_ARCHIVED,
            ExitCode.LOCAL_FILES,
            ExitCode.NO_BACKUP,
            ExitCode.INTERRUPTED
        })
public final class CronCommand implements Callable<ExitCode> {
    private final CommandContext context;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    @Option(names = "--dry-run", description = "show each task, whether it is due, and when it runs next; do nothing")
    private boolean dryRun;

    public CronCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitCode call() {
        Output output = global.output(context);
        Mode mode = dryRun ? Mode.DRY_RUN : Mode.RUN;
        Map<ClusterName, CronRun.Result> results = new LinkedHashMap<>();
        List<View.Cluster> clusters = new ArrayList<>();
        List<ExitCode> statuses = new ArrayList<>();
        boolean isServed = false;
        for (ClusterName cluster : clusters()) {
            global.log().isAbout(Optional.of(cluster));
            CronOutput shown = new CronOutput(output, cluster);
            try (Session session = Session.open(
                    context.environment(), context.clock(), global.choice(context, cluster), context.talk())) {
                CronRun.Result result = new CronRun(session, context.clock(), program(context, global), mode, shown)
                        .run(context.clock().instant());
                results.put(cluster, result);
                isServed |= dryRun
                        && RunningService.of(session)
                                .filter(RunningService::isRunning)
                                .isPresent();
                clusters.add(View.Cluster.of(cluster, result));
                statuses.add(result.status());
            } catch (IOException | RuntimeException e) {
                // An error of the program itself does not keep the other clusters from what is due.
                UserFacingException failure = shown.failed(e);
                if (failure.exitCode() == ExitCode.INTERRUPTED) {
                    throw failure;
                }
                clusters.add(View.Cluster.of(cluster, failure));
                statuses.add(failure.exitCode());
            }
        }
        global.log().isAbout(Optional.empty());
        if (output.isJson()) {
            output.json(new View(dryRun, clusters));
        } else if (dryRun) {
            CronOutput.table(results).forEach(output::line);
            // Where no session could be opened, nobody knows.
            if (!isServed && !results.isEmpty()) {
                output.say(
                        "no 'tidemark serve' runs here: this is done when a crontab or a timer calls: tidemark cron");
            }
        }
        return statuses.stream()
                .filter(each -> each != ExitCode.DONE)
                .findFirst()
                .orElse(ExitCode.DONE);
    }

    /** What calls PostgreSQL, and is called by it. */
    static CallingProgram program(CommandContext context, GlobalOptions global) {
        return new CallingProgram(
                ProgramVersion.text(),
                (source, plan) -> Restoration.fetching(
                        context, global, source, plan, LauncherPath.absolute(context.environment())));
    }

    /** The one that is named, else all. */
    private List<ClusterName> clusters() {
        Optional<ClusterName> named = global.isForAll() ? Optional.empty() : global.cluster();
        if (named.isPresent()) {
            return List.of(named.get());
        }
        List<ClusterName> configured = List.copyOf(new ConfigurationLoader(context.environment(), context.clock())
                .load(global.config(), global.settings())
                .configuration()
                .clusters()
                .keySet());
        if (configured.isEmpty()) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "no cluster is configured",
                    "Write a configuration with: tidemark init --url URL --conninfo TEXT");
        }
        return configured;
    }
}
