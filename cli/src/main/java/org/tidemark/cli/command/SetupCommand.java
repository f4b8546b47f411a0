// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.tidemark.cli.output.Output;
import org.tidemark.cli.output.TextTable;
import org.tidemark.cli.output.TextTable.Column;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.ShellWord;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.Session;
import org.tidemark.operations.server.ArchivingSetup;
import org.tidemark.operations.server.ArchivingSetup.Change;
import org.tidemark.operations.server.RecoverSettings;
import org.tidemark.operations.server.RestartCommand;
import org.tidemark.operations.server.ServerSettings;
import org.tidemark.postgres.SqlConnection;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

@Command(
        name = "setup",
        description = {
            "Changes PostgreSQL's settings so that it archives its WAL with this program.",
            "It shows what changes: wal_level, archive_mode, archive_command, archive_timeout. It resets what 'recover'"
                    + " wrote into postgresql.auto.conf, so that a standby made from this server can follow it. It"
                    + " makes"
                    + " PostgreSQL reload its settings and never restarts it. At the end it prints whether a restart is"
                    + " needed, and the commands to run next.",
        })
@Help(
        group = Help.Group.START,
        synopsis = "setup primary [--replace] [--dry-run]",
        examples = {"tidemark setup primary --dry-run", "tidemark setup primary --cluster main"},
        statuses = {ExitCode.DONE, ExitCode.USAGE, ExitCode.POSTGRES_UNAVAILABLE, ExitCode.POSTGRES_REFUSED})
final class SetupCommand implements Callable<ExitCode> {
    private final CommandContext context;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    /** What kind of server is set up. */
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

    SetupCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitCode call() throws InterruptedException {
        Output output = global.output(context);
        try (Session session = global.session(context);
                SqlConnection connection = SqlConnection.open(session.connection())) {
            ServerSettings server = ServerSettings.ask(connection);
            if (server.inRecovery()) {
                throw new UserFacingException(
                        ExitCode.POSTGRES_REFUSED,
                        "the server is in recovery",
                        "If it was restored, wait until it has replayed its WAL; where it pauses at its target, run:"
                                + " SELECT pg_wal_replay_resume(). If it is a standby, name the primary in the"
                                + " cluster's"
                                + " conninfo: a standby takes over its settings when it is promoted.");
            }
            Optional<String> foreign = ArchivingSetup.foreign(server);
            if (foreign.isPresent() && !replace && !dryRun) {
                throw new UserFacingException(
                        ExitCode.USAGE,
                        "another program archives already: " + foreign.get(),
                        "If it is no longer needed, run this again with --replace.");
            }
            List<Change> changes = new ArrayList<>(ArchivingSetup.changes(server, archiveCommand(session)));
            changes.addAll(RecoverSettings.resets(connection));
            List<Step> steps = nextSteps(session, server, changes);
            print(output, server, changes, steps);
            if (foreign.isPresent() && !replace) {
                output.warn("another program archives already: " + foreign.get(), "Only --replace replaces it.");
            }
            if (!dryRun && !changes.isEmpty()) {
                apply(connection, changes, output);
            }
            sayNext(output, steps);
            return ExitCode.DONE;
        }
    }

    private String archiveCommand(Session session) {
        StringBuilder command = new StringBuilder(
                ShellWord.quoteForServer(LauncherPath.absolute(context.environment())) + " wal-push %p");
        if (session.configuration().clusters().size() != 1) {
            session.cluster()
                    .map(cluster -> cluster.name())
                    .map(ClusterName::value)
                    .ifPresent(name -> command.append(" --cluster ").append(name));
        }
        for (String repository : global.repositories()) {
            command.append(" --repository ").append(ShellWord.quoteForServer(repository));
        }
        UnattendedLine.configuration(context.environment(), global)
                .ifPresent(file -> command.append(" --config ").append(ShellWord.quoteForServer(file.toString())));
        return command.toString();
    }

    private static void apply(SqlConnection connection, List<Change> changes, Output output)
            throws InterruptedException {
        for (Change change : changes) {
            connection.execute(ServerSettings.LIMIT, change.sql());
        }
        connection.execute(ServerSettings.LIMIT, "SELECT pg_reload_conf()");
        for (Change change : changes) {
            if (!change.restart() && !change.reset() && !isInForce(connection, change)) {
                output.warn(
                        "'" + change.setting() + "' was changed, but PostgreSQL still uses another value",
                        "Remove it from the server's command line, which overrides ALTER SYSTEM.");
            }
        }
    }

    /** The reload is asked for, not waited for, by PostgreSQL; it takes milliseconds. */
    private static boolean isInForce(SqlConnection connection, Change change) throws InterruptedException {
        for (int attempt = 0; attempt < 50; attempt++) {
            String value =
                    ServerSettings.ask(connection).setting(change.setting()).orElse("");
            if (value.equals(change.to())) {
                return true;
            }
            Thread.sleep(100);
        }
        return false;
    }

    private void print(Output output, ServerSettings server, List<Change> changes, List<Step> steps) {
        if (output.isJson()) {
            ObjectNode document = JsonMapper.shared()
                    .createObjectNode()
                    .put("formatVersion", 1)
                    .put("dryRun", dryRun)
                    .put("restartNeeded", changes.stream().anyMatch(Change::restart));
            ArrayNode array = document.putArray("changes");
            for (Change change : changes) {
                array.addObject()
                        .put("setting", change.setting())
                        .put("from", change.from())
                        .put("to", change.to())
                        .put("reset", change.reset())
                        .put("restart", change.restart());
            }
            ArrayNode next = document.putArray("steps");
            for (Step step : steps) {
                ArrayNode commands = next.addObject().put("text", step.text()).putArray("commands");
                step.command().map(output::complete).ifPresent(commands::add);
            }
            output.json(document);
            return;
        }
        if (changes.isEmpty()) {
            output.line("nothing to change: PostgreSQL " + server.version() + " archives by this program");
            return;
        }
        TextTable table =
                new TextTable(Column.left("SETTING"), Column.left("FROM"), Column.left("TO"), Column.left(""));
        for (Change change : changes) {
            table.row(
                    change.setting(),
                    change.from().isEmpty() ? "(empty)" : change.from(),
                    change.reset() ? "(reset)" : change.to().isEmpty() ? "(empty)" : change.to(),
                    change.restart() ? "needs a restart" : "");
        }
        table.lines().forEach(output::line);
    }

    /** What to do next: a sentence without its full stop, and the line to copy if there is one. */
    private record Step(String text, Optional<String> command) {
        Step(String text, String command) {
            this(text, Optional.of(command));
        }
    }

    private List<Step> nextSteps(Session session, ServerSettings server, List<Change> changes) {
        List<Step> steps = new ArrayList<>();
        if (changes.stream().anyMatch(Change::restart)
                || !server.awaitingRestart().isEmpty()) {
            steps.add(new Step(RestartCommand.of(server), Optional.empty()));
        }
        steps.add(new Step("see whether everything works", "tidemark check"));
        steps.add(new Step("take the first backup", "tidemark backup"));
        steps.add(new Step(
                "and each day, by a line in the crontab of the user that owns the data directory (crontab -e)",
                "0 2 * * *  " + UnattendedLine.crontab(session, global, context.environment(), "backup --quiet")));
        return steps;
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
