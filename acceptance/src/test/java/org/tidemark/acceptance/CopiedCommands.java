// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance;

import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tidemark.cli.command.CommandContext;
import org.tidemark.cli.command.Commands;
import org.tidemark.config.Environment;
import org.tidemark.testkit.PrintedCommands;

/** Parses each command line that a story prints, as the program would if somebody copied it. */
final class CopiedCommands {
    private static final CommandContext CONTEXT = new CommandContext(
            new Environment(Map.of(), Path.of("/"), Path.of("/"), Path.of("/")),
            Clock.systemUTC(),
            System.out,
            System.err,
            false,
            false);

    private static final Set<String> NAMES =
            Set.copyOf(Commands.of(CONTEXT).getSubcommands().keySet());

    private CopiedCommands() {}

    /**
     * What is wrong with the printed commands; the synopses of a help are none.
     *
     * @param command that printed the text
     */
    static List<String> problems(String command, String text) {
        if (command.isEmpty() || command.startsWith("help") || command.contains("--help")) {
            return List.of();
        }
        return PrintedCommands.problems(
                text, NAMES, words -> Commands.of(CONTEXT, words.getFirst()).parseArgs(words.toArray(String[]::new)));
    }
}
