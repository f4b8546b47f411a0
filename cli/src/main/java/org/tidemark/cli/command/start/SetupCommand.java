// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.start;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.tidemark.catalog.layout.ScheduledTask;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.GlobalOptions;
import org.tidemark.cli.call.Help;
import org.tidemark.cli.call.LauncherPath;
import org.tidemark.cli.output.Output;
import org.tidemark.cli.output.TextTable;
import org.tidemark.cli.output.TextTable.Column;
import org.tidemark.config.ClusterSettings;
import org.tidemark.core.ExitCode;
import org.tidemark.core.ShellWord;
import org.tidemark.core.UserFacingException;
import org.tidemark.server.ArchivingSetup;
import org.tidemark.server.ArchivingSetup.Change;
import org.tidemark.server.RestartCommand;
import org.tidemark.session.RunningService;
import org.tidemark.session.Session;
import org.tidemark.view.Json;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

@Command(
        name = "setup",
        description = {
            "Changes PostgreSQL's settings so that it archives its WAL with this program.",
            "It shows what changes: wal_level, archive_mode, archive_command, archive_timeout; and summarize_wal, where"
                    + " incremental backups are scheduled. It resets what 'recover'"
                    + " wrote into postgresql.auto.conf, so that a standby made from this server can follow it. It"
                    + " makes"
                    + " PostgreSQL reload its settings and never restarts it. At the end it prints whether a restart is"
                    + " needed, and the commands to run next.",
        })
@Help(
        group = Help.Group.START,
        synopsis = "setup primary [--replace] [--dry-run]",
        examples = {"tidemark setup primary --dry-run", "tidemark setup primary --cluster main"},
        uses = Help.Uses.POSTGRES,
        statuses = {ExitCode.DONE, ExitCode.USAGE})
public final class SetupCommand implements Callable<ExitCode> {
    private final CommandContext context;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    /** The kind of server to set up. */
    enum Kind {
        PRIMARY;

        static final class Parser implements ITypeConverter<Kind> {
            @Override
            public Kind convert(String text) {
                if (!text.equals("primary")) {
                    throw new TypeConversionException("expected 'primary', not '" + text + "'");
                }
                return PRIMARY;
            }
        }
    }

    @Parameters(
            paramLabel = "primary",
            converter = Kind.Parser.class,
            description = "what is set up: the server that archives")
    @SuppressWarnings("UnusedVariable") // currently the only kind
    private Kind kind = Kind.PRIMARY;

    @Option(names = "--replace", description = "replace another program's archive_command or archive_library")
    private boolean replace;

    @Option(names = "--dry-run", description = "show what would change, but change nothing")
    private boolean dryRun;

    private record View(boolean dryRun, boolean restartNeeded, List<ChangeView> changes, List<StepView> steps) {}

    private record ChangeView(String setting, String from, String to, boolean reset, boolean restart) {
        static ChangeView of(Change change) {
            return new ChangeView(change.setting(), change.from(), change.to(), change.reset(), change.restart());
        }
    }

    private record StepView(String text, List<String> commands) {}

    public SetupCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitCode call() throws InterruptedException {
        Output output = global.output(context);
        try (Session session = global.session(context)) {
            ArchivingSetup setup = ArchivingSetup.plan(session, () -> archiveCommand(session));
            Optional<String> foreign = setup.foreign().filter(each -> !replace);
            if (foreign.isPresent() && !dryRun) {
                throw new UserFacingException(
                        ExitCode.USAGE,
                        "the server archives in another way already: " + foreign.get(),
                        "If it is no longer needed, run this again with --replace.");
            }
            List<Step> steps = nextSteps(session, setup);
            print(output, setup, steps);
            foreign.ifPresent(each ->
                    output.warn("the server archives in another way already: " + each, "Only --replace replaces it."));
            if (!dryRun) {
                setup.apply(session).forEach(output::tell);
            }
            sayNext(output, steps);
            return ExitCode.DONE;
        }
    }

    private String archiveCommand(Session session) {
        StringBuilder command = new StringBuilder(
                ShellWord.quoteForServer(LauncherPath.absolute(context.environment())) + " wal-push %p");
        // Also where it is the only one: an old primary that is started by mistake would serve the next one.
        session.cluster().ifPresent(cluster -> command.append(" --cluster ").append(cluster.name()));
        for (String repository : global.repositories()) {
            command.append(" --repository ").append(ShellWord.quoteForServer(repository));
        }
        UnattendedLine.configuration(context.environment(), global)
                .ifPresent(file -> command.append(" --config ").append(ShellWord.quoteForServer(file.toString())));
        return command.toString();
    }

    private void print(Output output, ArchivingSetup setup, List<Step> steps) {
        if (output.isJson()) {
            output.json(new View(
                    dryRun,
                    setup.needsRestart(),
                    Json.list(setup.changes(), ChangeView::of),
                    Json.list(
                            steps,
                            step -> new StepView(
                                    step.text(),
                                    step.command().map(output::complete).stream()
                                            .toList()))));
            return;
        }
        if (setup.changes().isEmpty()) {
            output.line("nothing to change: PostgreSQL " + setup.server().version() + " archives by this program");
            return;
        }
        TextTable table =
                new TextTable(Column.left("SETTING"), Column.left("FROM"), Column.left("TO"), Column.left(""));
        for (Change change : setup.changes()) {
            table.row(
                    change.setting(),
                    change.from().isEmpty() ? "(empty)" : change.from(),
                    change.reset() ? "(reset)" : change.to().isEmpty() ? "(empty)" : change.to(),
                    change.restart() ? "needs a restart" : "");
        }
        table.lines().forEach(output::line);
    }

    /** A next step: a sentence without a full stop, and a line to copy, if any. */
    private record Step(String text, Optional<String> command) {
        Step(String text, String command) {
            this(text, Optional.of(command));
        }
    }

    private List<Step> nextSteps(Session session, ArchivingSetup setup) {
        List<Step> steps = new ArrayList<>();
        if (setup.needsRestart() || !setup.server().awaitingRestart().isEmpty()) {
            steps.add(new Step(RestartCommand.of(setup.server()), Optional.empty()));
        }
        steps.add(new Step("take the first backup", "tidemark backup"));
        steps.add(new Step("see whether everything works", "tidemark check"));
        steps.add(scheduling(session));
        return steps;
    }

    private Step scheduling(Session session) {
        String lacking = takesBackups(session) ? "" : "; set schedule.backup of the cluster, or no backup is taken";
        if (RunningService.of(session).filter(RunningService::isRunning).isPresent()) {
            return new Step("the service runs here, and runs the scheduled tasks" + lacking, Optional.empty());
        }
        if (hasService()) {
            return new Step(
                    "and let the service run scheduled tasks, unless another host takes the backups, as root" + lacking,
                    "systemctl enable --now tidemark");
        }
        return new Step(
                "and let cron run scheduled tasks, unless another host takes the backups, by a line in the crontab of the"
                        + " user that owns the data directory (crontab -e)" + lacking,
                "* * * * *  " + UnattendedLine.crontab(session, global, context.environment(), "cron --quiet"));
    }

    /** As the package installs it, on a host that systemd has booted. */
    private static boolean hasService() {
        return Files.isDirectory(Path.of("/run", "systemd", "system"))
                && Stream.of("/etc", "/lib", "/usr/lib")
                        .anyMatch(directory -> Files.exists(Path.of(directory, "systemd/system/tidemark.service")));
    }

    private static boolean takesBackups(Session session) {
        return session.cluster()
                .flatMap(ClusterSettings::schedule)
                .flatMap(schedule -> schedule.of(ScheduledTask.BACKUP))
                .isPresent();
    }

    private void sayNext(Output output, List<Step> steps) {
        output.say("");
        output.say(dryRun ? "nothing was changed; without --dry-run, the next steps would be:" : "next:");
        for (Step step : steps) {
            String command = step.command().orElse("");
            if (command.startsWith("tidemark ")) {
                output.say("  " + command);
            } else {
                output.say("  " + step.text() + (command.isEmpty() ? "" : ":"));
                step.command().ifPresent(line -> output.say("  " + line));
            }
        }
    }
}
