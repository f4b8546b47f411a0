// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.wal;

import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.tidemark.cli.call.GlobalOptions;
import org.tidemark.cli.call.Help;
import org.tidemark.cli.wal.WalMain;
import org.tidemark.core.ExitCode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Only for the help: the launcher passes wal-fetch to {@link WalMain}, which starts faster. */
@Command(
        name = "wal-fetch",
        description = {
            "Fetches one WAL file from the archive. PostgreSQL runs it as restore_command, which recover sets.",
            "Exits with 0 when the verified file is in place, and with 1 when it is proven absent. If it could not"
                    + " tell, it exits with 200: PostgreSQL then stops instead of opening a database with missing"
                    + " rows. It exits with 1 where that does no harm: a standby asks again, and a recovery that does"
                    + " not reach its target fails.",
            "With prefetch in the configuration, a process in the background fetches the next segments while PostgreSQL"
                    + " replays.",
        })
@Help(
        group = Help.Group.WAL,
        synopsis = "wal-fetch %f %p [--timeline N] [--target KIND] [--unreachable abort|retry]",
        examples = "tidemark wal-fetch 00000001000000A900000065 pg_wal/RECOVERYXLOG",
        statuses = {ExitCode.DONE, ExitCode.NO, ExitCode.COULD_NOT_TELL})
@SuppressWarnings("UnusedVariable") // the fields are for the help
public final class WalFetchCommand implements Callable<ExitCode> {
    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    @Parameters(index = "0", paramLabel = "%f", description = "the name of the file")
    private String file = "";

    @Parameters(index = "1", paramLabel = "%p", description = "where to write it")
    private String target = "";

    @Option(names = "--timeline", paramLabel = "N", description = "the target timeline of the recovery")
    private @Nullable String timeline;

    @Option(
            names = "--target",
            paramLabel = "KIND",
            description = "the kind of recovery target: latest, immediate, time, lsn, xid or name")
    private @Nullable String kind;

    @Option(
            names = "--unreachable",
            paramLabel = "abort|retry",
            description = "when a repository does not answer: stop PostgreSQL's recovery, or retry for up to a day")
    private List<String> unreachable = List.of();

    @Override
    public ExitCode call() {
        throw WalMain.onlyThroughTheLauncher("wal-fetch");
    }
}
