// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import java.util.concurrent.Callable;
import org.tidemark.cli.ProgramVersion;
import org.tidemark.cli.output.Output;
import org.tidemark.core.ExitCode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(name = "version", description = "Shows the version of the program and of Java.")
@Help(group = Help.Group.START, synopsis = "version", examples = "tidemark version --json", statuses = ExitCode.DONE)
final class VersionCommand implements Callable<ExitCode> {
    private final CommandContext context;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    private record View(String version, String java) {}

    VersionCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitCode call() {
        Output output = global.output(context);
        String java = Runtime.version().toString();
        if (output.isJson()) {
            output.json(new View(ProgramVersion.text(), java));
        } else {
            output.line("tidemark " + ProgramVersion.text() + " (Java " + java + ")");
        }
        return ExitCode.DONE;
    }
}
