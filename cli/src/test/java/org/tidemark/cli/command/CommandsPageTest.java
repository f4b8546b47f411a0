// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.config.Environment;
import picocli.CommandLine;

/**
 * The page of all commands is what {@code tidemark help COMMAND} prints, with the options of every command told once.
 * To write the page: {@code TIDEMARK_TEST_GOLDEN=write}.
 */
class CommandsPageTest {
    private static final Path PAGE = Path.of(System.getProperty("tidemark.root", ".."), "docs/reference/commands.md");
    private static final String COMMON = "\nOptions of every command:\n";
    private static final String AFTER = "\nExit statuses:\n";

    @Test
    void thePageHasTheHelpOfEveryCommand() throws IOException {
        String page = page();

        if ("write".equals(System.getenv("TIDEMARK_TEST_GOLDEN"))) {
            Files.writeString(PAGE, page);
        }
        assertThat(PAGE).hasContent(page);
    }

    private static String page() {
        Path root = Path.of("/nowhere");
        CommandLine program = Commands.of(new CommandContext(
                new Environment(Map.of(), root, root, root),
                Clock.systemUTC(),
                new PrintStream(PrintStream.nullOutputStream()),
                new PrintStream(PrintStream.nullOutputStream()),
                false,
                false));
        Map<String, String> helps = new TreeMap<>();
        String common = "";
        for (CommandLine command : program.getSubcommands().values()) {
            String help = command.getUsageMessage(CommandLine.Help.Ansi.OFF);
            int begin = help.indexOf(COMMON);
            if (begin >= 0) {
                int end = help.indexOf(AFTER);
                String options = help.substring(begin + COMMON.length(), end);
                common = options.length() > common.length() ? options : common;
                help = help.substring(0, begin) + help.substring(end);
            }
            helps.put(command.getCommandName(), help);
        }
        StringBuilder page = new StringBuilder("# Commands\n\nThis is what `tidemark help COMMAND` prints."
                + " Made from the program; a test compares it.\n\n## Options of every command\n"
                + "As far as they have an effect on the command.\n```\n" + common + "```\n");
        helps.forEach((name, help) ->
                page.append("\n## ").append(name).append("\n```\n").append(help).append("```\n"));
        return page.toString();
    }
}
