// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.GlobalOptions;
import org.tidemark.cli.call.Help;
import org.tidemark.cli.call.LauncherPath;
import org.tidemark.cli.output.MeantCommand;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "help", description = "Shows the help of a command, or the list of all commands.")
@Help(
        group = Help.Group.START,
        synopsis = "help [COMMAND]",
        examples = {"tidemark help", "tidemark help recover"},
        statuses = {ExitCode.DONE, ExitCode.USAGE})
final class HelpCommand implements Callable<ExitCode> {
    private final CommandContext context;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    @SuppressWarnings("UnusedVariable") // its options are accepted
    private final GlobalOptions global = new GlobalOptions();

    @Parameters(
            paramLabel = "COMMAND",
            arity = "0..1",
            description = "the command; without it, all commands are" + " listed")
    private @Nullable String command;

    HelpCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitCode call() {
        CommandLine program = spec.parent().commandLine();
        String name = command == null ? "" : command;
        CommandLine shown = command == null ? program : program.getSubcommands().get(name);
        if (shown == null) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "there is no command '" + name + "'",
                    MeantCommand.of(name, program.getSubcommands().keySet())
                                    .map(near -> "Did you mean " + near + "? ")
                                    .orElse("")
                            + "List the commands with: " + LauncherPath.asTyped(context.environment()) + " help");
        }
        shown.usage(context.data(), CommandLine.Help.Ansi.OFF);
        return ExitCode.DONE;
    }
}
