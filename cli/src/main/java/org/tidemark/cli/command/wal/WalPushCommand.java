// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.wal;

import java.util.List;
import java.util.concurrent.Callable;
import org.tidemark.cli.call.GlobalOptions;
import org.tidemark.cli.call.Help;
import org.tidemark.cli.wal.WalMain;
import org.tidemark.core.ExitCode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Only for the help: the launcher passes wal-push to {@link WalMain}, which starts faster. */
@Command(
        name = "wal-push",
        description = {
            "Archives one WAL file; PostgreSQL runs it as archive_command.",
            "Exits with 0 once the file is durable in as many repositories as 'acknowledge' demands (default: all)."
                    + " Pushing the same file again succeeds; different content under the same name is refused.",
        })
@Help(
        group = Help.Group.WAL,
        synopsis = "wal-push %p",
        examples = "tidemark wal-push pg_wal/00000001000000A900000065",
        uses = Help.Uses.REPOSITORY,
        statuses = {
            ExitCode.DONE,
            ExitCode.USAGE,
            ExitCode.STORE_FULL,
            ExitCode.WAL_REFUSED,
            ExitCode.WAL_CONFLICT,
            ExitCode.WRONG_CLUSTER,
            ExitCode.DAMAGED,
            ExitCode.JAVA_FAILED
        })
@SuppressWarnings("UnusedVariable") // the fields are for the help
public final class WalPushCommand implements Callable<ExitCode> {
    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    @Parameters(paramLabel = "%p", description = "the file, in pg_wal of the data directory", arity = "1")
    private List<String> file = List.of();

    @Override
    public ExitCode call() {
        throw WalMain.onlyThroughTheLauncher("wal-push");
    }
}
