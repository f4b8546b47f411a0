// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.CommandRun;
import org.tidemark.cli.command.Commands;
import org.tidemark.cli.command.start.NagiosLine;
import org.tidemark.core.ExitCode;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** Parses the command line, runs one command, and explains usage errors. */
public final class Program {
    private final CommandContext context;

    public Program(CommandContext context) {
        this.context = context;
    }

    /** The exit status. */
    public int run(String... arguments) {
        String[] ordered = Commands.commandFirst(arguments);
        CommandLine program = Commands.of(context, ordered.length == 0 ? "" : ordered[0]);
        program.setOut(writer(context.data()));
        program.setErr(writer(context.talk()));
        program.setParameterExceptionHandler(this::usage);
        program.setExecutionStrategy(this::execute);
        return program.execute(ordered);
    }

    private int execute(ParseResult parsed) {
        Integer helped = CommandLine.executeHelpRequest(parsed);
        if (helped != null) {
            return helped;
        }
        if (parsed.hasSubcommand()) {
            return new CommandRun(context, parsed.subcommand().commandSpec()).status();
        }
        parsed.commandSpec().commandLine().usage(context.data(), CommandLine.Help.Ansi.OFF);
        return ExitCode.DONE.status();
    }

    private static PrintWriter writer(PrintStream stream) {
        return new PrintWriter(stream, true, StandardCharsets.UTF_8);
    }

    private int usage(ParameterException problem, String[] arguments) {
        UsageProblem found = UsageProblem.of(problem);
        if (NagiosLine.isAskedFor(arguments)) {
            NagiosLine unknown = NagiosLine.unknown(found.message());
            context.data().println(unknown.text());
            return unknown.status();
        }
        String near = found.near().map(word -> "Did you mean " + word + "? ").orElse("");
        CommandRun.output(context)
                .error(
                        found.message(),
                        near + "See: "
                                + problem.getCommandLine().getCommandSpec().qualifiedName() + " --help");
        return isRestoreCommand(arguments) ? ExitCode.COULD_NOT_TELL.status() : ExitCode.USAGE.status();
    }

    /**
     * Whether this is a misspelt restore_command: it alone passes the bare name of a WAL file. PostgreSQL would take
     * the status of a wrong usage for "there is no more WAL", and open the database without it.
     */
    private static boolean isRestoreCommand(String[] arguments) {
        for (String argument : arguments) {
            if (argument.matches("[0-9A-F]{24}|[0-9A-F]{8}\\.history")) {
                return true;
            }
        }
        return false;
    }
}
