// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.tidemark.cli.command.CommandContext;
import org.tidemark.cli.command.CommandRun;
import org.tidemark.cli.command.Commands;
import org.tidemark.core.ExitCode;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Reads the command line, runs one command, and explains a wrong usage. */
public final class Program {
    private final CommandContext context;

    public Program(CommandContext context) {
        this.context = context;
    }

    /** The status to end with. */
    public int run(String... arguments) {
        CommandLine program = Commands.of(context);
        program.setOut(writer(context.data()));
        program.setErr(writer(context.talk()));
        program.setParameterExceptionHandler(this::usage);
        program.setExecutionStrategy(this::execute);
        return program.execute(Commands.commandFirst(arguments));
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
        CommandLine command = problem.getCommandLine();
        boolean noCommand = command.getParent() == null
                && problem instanceof UnmatchedArgumentException unmatched
                && !unmatched.getUnmatched().getFirst().startsWith("-");
        List<String> suggestions =
                problem instanceof UnmatchedArgumentException unmatched ? unmatched.getSuggestions() : List.of();
        String near = suggestions.isEmpty() ? "" : "Did you mean " + String.join(" or ", suggestions) + "? ";
        String message = noCommand
                ? "there is no command '"
                        + ((UnmatchedArgumentException) problem).getUnmatched().getFirst() + "'"
                : worded(String.valueOf(problem.getMessage()));
        CommandRun.output(context)
                .error(message, near + "See: " + command.getCommandSpec().qualifiedName() + " --help");
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

    /** In the form of our own messages: some of the parser's begin with "Error: ". */
    private static String worded(String message) {
        String text = message.startsWith("Error: ") ? message.substring("Error: ".length()) : message;
        return text.isEmpty() ? text : Character.toLowerCase(text.charAt(0)) + text.substring(1);
    }
}
