// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli;

import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.command.Commands;
import org.tidemark.config.Environment;
import org.tidemark.testkit.PrintedCommands;

/** Parses the commands that a text prints for copying. */
final class CommandsInText {
    private static final CommandContext CONTEXT = new CommandContext(
            new Environment(Map.of(), Path.of("/"), Path.of("/"), Path.of("/")),
            Clock.systemUTC(),
            System.out,
            System.err,
            false,
            false);

    private static final Set<String> NAMES =
            Set.copyOf(Commands.of(CONTEXT).getSubcommands().keySet());

    private CommandsInText() {}

    /**
     * What is wrong with the commands of a text; empty if each of them can be run as it is printed.
     *
     * @param of the arguments of the command that printed it: its cluster and configuration are those of each line
     */
    static List<String> problems(String text, String... of) {
        List<String> chosen = List.of(of);
        boolean isForAll = chosen.contains("all");
        return PrintedCommands.problems(text, NAMES, words -> {
            Commands.of(CONTEXT, words.getFirst()).parseArgs(words.toArray(String[]::new));
            for (String option : List.of("--cluster", "--config")) {
                if (chosen.contains(option) && !words.contains(option) && !isForAll) {
                    throw new IllegalArgumentException("it lacks the " + option + " of the command that printed it");
                }
            }
        });
    }
}
