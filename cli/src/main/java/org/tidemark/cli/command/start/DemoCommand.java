// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.start;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.GlobalOptions;
import org.tidemark.cli.call.Help;
import org.tidemark.cli.demo.Demo;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "demo",
        description =
                "Shows everything on a throwaway cluster: archives it, backs it up, drops a table, restores to the"
                        + " moment before, and compares every row. Then it clones a standby, promotes it, and makes"
                        + " the old primary a standby of the new one. It needs no configuration and removes everything"
                        + " at the end.")
@Help(
        group = Help.Group.START,
        synopsis = "demo [--postgres DIRECTORY]",
        examples = "tidemark demo",
        statuses = {ExitCode.DONE, ExitCode.USAGE, ExitCode.INTERNAL})
public final class DemoCommand implements Callable<ExitCode> {
    private final CommandContext context;

    // Every command takes these; the demo has its own configuration.
    @SuppressWarnings("UnusedVariable")
    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    @Option(
            names = "--postgres",
            paramLabel = "DIRECTORY",
            description = "the directory with initdb, pg_ctl and postgres; default: the newest version on this machine")
    private Optional<Path> postgres = Optional.empty();

    public DemoCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitCode call() throws IOException, InterruptedException {
        return new Demo(path("TIDEMARK_HOME"), path("TIDEMARK_LAUNCHER"), context.data()).run(postgres);
    }

    private Path path(String variable) {
        return context.environment()
                .variable(variable)
                .map(Path::of)
                .orElseThrow(() -> new UserFacingException(
                        ExitCode.USAGE,
                        "'" + variable + "' is not set",
                        "Start the program by its launcher: tidemark demo."));
    }
}
