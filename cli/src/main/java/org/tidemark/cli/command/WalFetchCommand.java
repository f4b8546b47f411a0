// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.tidemark.cli.wal.WalMain;
import org.tidemark.core.ExitCode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** For the help alone: the launcher gives wal-fetch to {@link WalMain}, which starts faster. */
@Command(
        name = "wal-fetch",
        description = {
            "Gets one WAL file out of the archive; PostgreSQL runs it as restore_command, and recover writes it there.",
            "Ends with 0 when the verified file is at its place, with 1 when it is proven absent, and with 200 when it"
                    + " could not tell, so that PostgreSQL stops rather than open a database with rows missing.",
        })
@Help(
        group = Help.Group.WAL,
        synopsis = "wal-fetch %f %p [--timeline N] [--target KIND] [--unreachable abort|retry]",
        examples = "tidemark wal-fetch 00000001000000A900000065 pg_wal/RECOVERYXLOG",
        statuses = {ExitCode.DONE, ExitCode.NO, ExitCode.COULD_NOT_TELL})
@SuppressWarnings("UnusedVariable") // the fields are for the help
final class WalFetchCommand implements Callable<ExitCode> {
    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    @Parameters(index = "0", paramLabel = "%f", description = "the name of the file")
    private String file = "";

    @Parameters(index = "1", paramLabel = "%p", description = "where it is put")
    private String target = "";

    @Option(names = "--timeline", paramLabel = "N", description = "the timeline that recovery goes to")
    private @Nullable String timeline;

    @Option(
            names = "--target",
            paramLabel = "KIND",
            description = "what recovery goes to: latest, immediate, time, lsn, xid or name")
    private @Nullable String kind;

    @Option(
            names = "--unreachable",
            paramLabel = "abort|retry",
            description = "when a repository does not answer: stop PostgreSQL's recovery, or ask again for up to a day")
    private List<String> unreachable = List.of();

    @Override
    public ExitCode call() {
        throw WalMain.onlyThroughTheLauncher("wal-fetch");
    }
}
