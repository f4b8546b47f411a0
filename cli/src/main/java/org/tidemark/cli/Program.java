// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.tidemark.catalog.StorageFailure;
import org.tidemark.cli.command.CommandContext;
import org.tidemark.cli.command.Commands;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** Runs one command, and turns whatever goes wrong into a message, a hint and a status. */
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
        program.setExecutionExceptionHandler((problem, command, result) -> failed(problem, isVerbose(result)));
        program.setExecutionStrategy(new CommandLine.RunLast());
        for (CommandLine command : program.getSubcommands().values()) {
            command.setExitCodeExceptionMapper(problem -> ExitCode.INTERNAL.status());
        }
        int status = program.execute(arguments);
        Object result = lastResult(program);
        return result instanceof ExitCode code && status == 0 ? code.status() : status;
    }

    private static PrintWriter writer(PrintStream stream) {
        return new PrintWriter(stream, true, StandardCharsets.UTF_8);
    }

    private static Object lastResult(CommandLine program) {
        ParseResult parsed = program.getParseResult();
        if (parsed == null || !parsed.hasSubcommand()) {
            return ExitCode.DONE;
        }
        Object result = parsed.subcommand().commandSpec().commandLine().getExecutionResult();
        return result == null ? ExitCode.DONE : result;
    }

    private int usage(ParameterException problem, String[] arguments) {
        CommandLine command = problem.getCommandLine();
        String name = command.getCommandSpec().qualifiedName();
        List<String> suggestions = problem instanceof CommandLine.UnmatchedArgumentException unmatched
                ? unmatched.getSuggestions()
                : List.of();
        String near = suggestions.isEmpty() ? "" : "Did you mean " + String.join(" or ", suggestions) + "? ";
        print(lowerCase(String.valueOf(problem.getMessage())), near + "See: " + name + " --help");
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

    private static String lowerCase(String message) {
        return message.isEmpty() ? message : Character.toLowerCase(message.charAt(0)) + message.substring(1);
    }

    private int failed(Exception problem, boolean verbose) {
        UserFacingException explained = explain(problem);
        boolean interrupted = Thread.currentThread().isInterrupted() || problem instanceof InterruptedException;
        if (interrupted) {
            print("interrupted", "What was being written is incomplete and does not count; run it again.");
        } else {
            print(explained.getMessage(), explained.hint());
        }
        if (verbose) {
            problem.printStackTrace(context.talk());
        }
        return interrupted
                ? ExitCode.INTERRUPTED.status()
                : explained.exitCode().status();
    }

    private static UserFacingException explain(Exception problem) {
        return switch (problem) {
            case UserFacingException e -> e;
            case IOException e -> StorageFailure.explain(e);
            default ->
                new UserFacingException(
                        ExitCode.INTERNAL,
                        "an error in the program itself: " + problem,
                        "Run it again with -v, and report what it prints.",
                        problem);
        };
    }

    private void print(String message, String hint) {
        context.talk().println("ERROR: " + message);
        context.talk().println("HINT: " + hint);
    }

    private static boolean isVerbose(ParseResult result) {
        return result.subcommand() != null && result.subcommand().hasMatchedOption("--verbose");
    }
}
