// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.wal;

import java.util.concurrent.Callable;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.GlobalOptions;
import org.tidemark.cli.call.Help;
import org.tidemark.cli.output.Output;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** The launcher ends it without Java when PostgreSQL calls it; this is for people and for wrong arguments. */
@Command(
        name = "wal-cleanup",
        description = {
            "Does nothing. For configurations that must set archive_cleanup_command.",
            "What a standby no longer needs, another restore may need. WAL is removed from a repository by expire"
                    + " alone, according to the retention policy, and prefetched WAL is removed without this command."
                    + " It ends at once, with 0.",
        })
@Help(
        group = Help.Group.WAL,
        synopsis = "wal-cleanup %r",
        examples = "tidemark wal-cleanup 00000001000000A900000065",
        statuses = {ExitCode.DONE, ExitCode.USAGE})
public final class WalCleanupCommand implements Callable<ExitCode> {
    private final CommandContext context;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    @Parameters(paramLabel = "%r", description = "the segment with the last restartpoint", arity = "1")
    private String restartpoint = "";

    public WalCleanupCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitCode call() {
        Output output = global.output(context);
        requireSegment();
        output.say("Nothing is removed: expire removes WAL from a repository, according to its retention policy.");
        return ExitCode.DONE;
    }

    private void requireSegment() {
        try {
            if (WalFile.parse(restartpoint) instanceof WalFile.Segment) {
                return;
            }
        } catch (IllegalArgumentException e) {
            // said below
        }
        throw new UserFacingException(
                ExitCode.USAGE,
                "'" + restartpoint + "' is not the name of a segment",
                "archive_cleanup_command must pass %r: archive_cleanup_command = 'tidemark wal-cleanup %r'. A"
                        + " directory that is no repository is cleaned with: pg_archivecleanup DIRECTORY %r");
    }
}
