// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import java.util.Map;
import org.tidemark.cli.call.Help;
import picocli.CommandLine;

/** The list of commands in the program's help, in groups. */
final class CommandList {
    private CommandList() {}

    static String of(CommandLine program) {
        StringBuilder text = new StringBuilder();
        for (Help.Group group : Help.Group.values()) {
            StringBuilder part = new StringBuilder();
            for (Map.Entry<String, CommandLine> entry : program.getSubcommands().entrySet()) {
                CommandLine command = entry.getValue();
                boolean isAlias = !entry.getKey().equals(command.getCommandName());
                if (!isAlias && Commands.help(command.getCommand()).group() == group) {
                    part.append("  ")
                            .append(pad(command.getCommandName()))
                            .append(firstSentence(command))
                            .append('\n');
                }
            }
            if (!part.isEmpty()) {
                text.append('\n').append(group.title()).append(":\n").append(part);
            }
        }
        return text.toString();
    }

    private static String pad(String name) {
        return name + " ".repeat(Math.max(1, 15 - name.length()));
    }

    /** The text before the first full stop or colon. */
    private static String firstSentence(CommandLine command) {
        String description =
                String.join(" ", command.getCommandSpec().usageMessage().description());
        return description.split("[.:;]( |$)", 2)[0];
    }
}
