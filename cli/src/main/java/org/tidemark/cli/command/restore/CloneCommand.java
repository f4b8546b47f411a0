// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.restore;

import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.GlobalOptions;
import org.tidemark.cli.call.Help;
import org.tidemark.cli.output.Output;
import org.tidemark.core.ExitCode;
import org.tidemark.recoverability.TimelineChoice;
import org.tidemark.restore.PreparedRestore;
import org.tidemark.restore.request.RestoreRequest;
import org.tidemark.session.Session;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "clone",
        description = {
            "Makes a standby on this host: it restores the newest backup, starts PostgreSQL, and waits until the"
                    + " standby streams from its primary. The files and the archived WAL come from the repositories,"
                    + " so the primary sends only what is not archived yet.",
            "The primary must answer. Where DIR holds a cluster with the same system identifier, only what differs is"
                    + " read and written, as recover --delta does: an old primary comes back as a standby. It never"
                    + " overwrites the current primary: it refuses a directory in which a server runs, one with"
                    + " another system identifier, one with newer WAL than the primary, and one that a primary wrote"
                    + " on the current timeline.",
            "It shows the plan first. The same command completes a clone that was interrupted.",
        })
@Help(
        group = Help.Group.RESTORE,
        synopsis = {
            "clone --to DIR [--primary CONNINFO] [--apply-delay DURATION] [--slot NAME]",
            "    [--tablespace NAME=DIR]... [--tablespaces-below DIR] [--wal-dir DIR]",
            "    [--configuration beside|restore|none] [--stopped] [--dry-run]"
        },
        examples = {
            "tidemark clone --to /pg/standby --primary 'host=db1 user=replicator'",
            "tidemark clone --to /pg/old-primary --primary 'host=db2 user=replicator' --dry-run"
        },
        uses = {Help.Uses.REPOSITORY, Help.Uses.POSTGRES},
        statuses = {
            ExitCode.DONE,
            ExitCode.NO,
            ExitCode.USAGE,
            ExitCode.WAL_CONFLICT,
            ExitCode.WAL_MISSING,
            ExitCode.DAMAGED,
            ExitCode.NO_KEY,
            ExitCode.NO_BACKUP,
            ExitCode.RESTORE_REFUSED,
            ExitCode.LOCAL_FILES,
            ExitCode.TIMED_OUT
        })
public final class CloneCommand implements Callable<ExitCode> {
    private final CommandContext context;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    @Mixin
    private final PlaceOptions place = new PlaceOptions();

    @Mixin
    private final PrimaryOptions primary = new PrimaryOptions();

    @Option(
            names = "--stopped",
            description = "confirms that no server on any host uses DIR, although it has a postmaster.pid")
    private boolean stopped;

    @Option(names = "--dry-run", description = "show the plan, but write nothing")
    private boolean dryRun;

    public CloneCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitCode call() throws IOException, InterruptedException {
        Output output = global.output(context);
        try (Session session = global.session(context)) {
            RestoreRequest request = new RestoreRequest(
                    place.directory(context),
                    primary.role(session),
                    TimelineChoice.LATEST,
                    Optional.empty(),
                    place.tablespaces(context),
                    Optional.of(new RestoreRequest.Delta(stopped)),
                    RestoreRequest.Wal.ARCHIVE,
                    place.configuration());
            // Before a repository is read, which may take long.
            primary.answering(session);
            Restoration restoration = new Restoration(context, global, session, output, Optional.empty());
            // How far the primary is counts after the directory was looked at.
            UnaryOperator<PreparedRestore> seen =
                    prepared -> primary.seen(primary.answering(session), session, prepared);
            return dryRun
                    ? restoration.show(request, seen, true)
                    : restoration.run(request, seen, primary.slot(session), true);
        }
    }
}
