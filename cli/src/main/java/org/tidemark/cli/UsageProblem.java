// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli;

import java.util.Optional;
import org.tidemark.cli.output.MeantCommand;
import org.tidemark.core.NearestWord;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * An error in a command line, in our words. Immutable.
 *
 * @param near the word that was probably meant
 */
record UsageProblem(String message, Optional<String> near) {

    static UsageProblem of(ParameterException problem) {
        CommandLine command = problem.getCommandLine();
        boolean atProgram = command.getParent() == null;
        if (!(problem instanceof UnmatchedArgumentException unmatched)) {
            return new UsageProblem(worded(String.valueOf(problem.getMessage())), Optional.empty());
        }
        String word = unmatched.getUnmatched().getFirst();
        if (!word.startsWith("-")) {
            return atProgram
                    ? new UsageProblem(
                            "there is no command '" + word + "'",
                            MeantCommand.of(word, command.getSubcommands().keySet()))
                    : new UsageProblem("unexpected argument: '" + word + "'", cluster(word, command));
        }
        String name = word.replaceFirst("=.*", "");
        if (atProgram && anyCommand(command).getCommandSpec().optionsMap().containsKey(name)) {
            return new UsageProblem("no command is given", Optional.empty());
        }
        return new UsageProblem(
                "unknown option: '" + name + "'",
                NearestWord.of(name, command.getCommandSpec().optionsMap().keySet()));
    }

    /** Barman takes the server as an argument. */
    private static Optional<String> cluster(String word, CommandLine command) {
        return word.matches("[A-Za-z0-9][A-Za-z0-9._-]*")
                        && command.getCommandSpec().optionsMap().containsKey("--cluster")
                ? Optional.of("--cluster " + word)
                : Optional.empty();
    }

    /** They all take the global options. */
    private static CommandLine anyCommand(CommandLine program) {
        return program.getSubcommands().values().iterator().next();
    }

    /** In the form of our own messages: some of the parser's begin with "Error: ", and name an argument's place. */
    private static String worded(String message) {
        String text = message.replaceFirst("^Error: ", "").replaceFirst("positional parameter at index \\S+ ", "");
        return text.isEmpty() ? text : Character.toLowerCase(text.charAt(0)) + text.substring(1);
    }
}
