// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.wal;

import java.util.concurrent.Callable;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.GlobalOptions;
import org.tidemark.cli.call.Help;
import org.tidemark.cli.output.Output;
import org.tidemark.core.ExitCode;
import org.tidemark.core.WalFile;
import org.tidemark.operations.wal.WalSwitch;
import org.tidemark.session.Session;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "switch-wal",
        description = {
            "Closes the current WAL segment, so that PostgreSQL archives it now.",
            "Prints the name of the segment. If nothing was written since the last switch, PostgreSQL does nothing.",
        })
@Help(
        group = Help.Group.WAL,
        synopsis = "switch-wal",
        examples = "tidemark switch-wal --cluster main",
        uses = Help.Uses.POSTGRES,
        statuses = {ExitCode.DONE, ExitCode.USAGE})
public final class SwitchWalCommand implements Callable<ExitCode> {
    private final CommandContext context;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    private record View(WalFile.Segment segment) {}

    public SwitchWalCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitCode call() {
        Output output = global.output(context);
        try (Session session = global.session(context)) {
            WalFile.Segment segment = WalSwitch.run(session);
            if (output.isJson()) {
                output.json(new View(segment));
            } else {
                output.line(segment.name());
            }
            return ExitCode.DONE;
        }
    }
}
