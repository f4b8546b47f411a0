// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.restore;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.GlobalOptions;
import org.tidemark.cli.call.Help;
import org.tidemark.cli.output.Output;
import org.tidemark.core.ExitCode;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.RecoveryTarget.Action;
import org.tidemark.core.UserFacingException;
import org.tidemark.recoverability.TimelineChoice;
import org.tidemark.restore.PreparedRestore;
import org.tidemark.restore.request.RestoreRequest;
import org.tidemark.restore.request.Role;
import org.tidemark.session.Session;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "recover",
        aliases = "restore",
        description = {
            "Restores a backup and sets PostgreSQL up to recover to a target.",
            "It shows the plan first: the backup, the WAL, the disk space, what will be written, what is missing. If"
                    + " the plan has a problem, nothing is written. With --dry-run nothing is written either; a"
                    + " problem then gives status 1. Without a target, all archived WAL is replayed. The same"
                    + " command completes a restore that was interrupted.",
            "With --standby the server follows its primary: it replays the archived WAL, and streams what comes after"
                    + " it. With --start PostgreSQL is started, and followed until it has reached the target, is open"
                    + " for writing, or streams.",
            "With --on-delayed a delayed standby of this host is stopped at a target that it has not replayed yet: its"
                    + " replay is paused at once, and it is started again with the target.",
            "With --delta a cluster of the same system in DIR is made equal to the backup: only what differs is read"
                    + " from the repository and written, and only files that PostgreSQL wrote are removed. WAL that no"
                    + " repository holds is moved to DIR.aside; settings and logs that differ are copied there.",
            "With --move-aside the cluster in DIR is renamed to DIR.aside, whatever is left of it, and the last step says"
                    + " how to take it back.",
        })
@Help(
        group = Help.Group.RESTORE,
        synopsis = {
            "recover --to DIR [--backup ID]",
            "    [--target-time TEXT | --target-lsn LSN | --target-xid XID | --target-name NAME",
            "     | --target-immediate | --before-drop TABLE|OID | --before-xid XID]",
            "    [--exclusive] [--timeline latest|current|N] [--target-action pause|promote|shutdown]",
            "    [--tablespace NAME=DIR]... [--tablespaces-below DIR] [--wal-dir DIR]",
            "    [--configuration beside|restore|none] [{--delta | --move-aside} [--stopped]]",
            "    [--wal archive|copy] [--start] [--dry-run]",
            "    [--remote ssh://[USER@]HOST[:PORT] [--remote-program PATH] [--ssh-config FILE]]",
            "recover --to DIR --standby [--primary CONNINFO] [--apply-delay DURATION] [--slot NAME]",
            "    [--backup ID] [--timeline latest|current|N]",
            "    [--tablespace NAME=DIR]... [--tablespaces-below DIR] [--wal-dir DIR]",
            "    [--configuration beside|restore|none] [{--delta | --move-aside} [--stopped]]",
            "    [--start] [--dry-run]",
            "    [--remote ssh://[USER@]HOST[:PORT] [--remote-program PATH] [--ssh-config FILE]]",
            "recover --on-delayed DIR",
            "    {--target-time TEXT | --target-lsn LSN | --target-xid XID | --target-name NAME}",
            "    [--exclusive] [--target-action pause|promote|shutdown] [--dry-run]"
        },
        examples = {
            "tidemark recover --to /pg/restored --target-time '2026-11-20 06:30:00+01' --dry-run",
            "tidemark recover --to /pg/restored --before-drop public.orders --start",
            "tidemark recover --to /pg/restored --repository file:///mnt/backup",
            "tidemark recover --to /pg/restored --repository file:///mnt/backup --decrypt-with /mnt/tm.key",
            "tidemark recover --to /pg/standby --standby --primary 'host=db1 user=replicator'",
            "tidemark recover --on-delayed /pg/delayed --target-time '2026-11-20 06:30:00+01' --exclusive",
            "tidemark recover --to /pg/old-primary --delta --standby --primary 'host=db2 user=replicator'"
        },
        uses = Help.Uses.REPOSITORY,
        statuses = {
            ExitCode.DONE,
            ExitCode.NO,
            ExitCode.USAGE,
            ExitCode.WAL_CONFLICT,
            ExitCode.WAL_MISSING,
            ExitCode.DAMAGED,
            ExitCode.NO_KEY,
            ExitCode.POSTGRES_REFUSED,
            ExitCode.NO_BACKUP,
            ExitCode.TARGET_UNREACHABLE,
            ExitCode.RESTORE_REFUSED,
            ExitCode.LOCAL_FILES,
            ExitCode.TIMED_OUT
        })
public final class RecoverCommand implements Callable<Integer> {
    private final CommandContext context;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    @Mixin
    private final PlaceOptions place = new PlaceOptions();

    @Option(
            names = "--backup",
            paramLabel = "ID",
            description =
                    "an id, latest, previous, oldest, latest-full, or a backup's name; default: the best one for the"
                            + " target")
    private @Nullable String backup;

    @Mixin
    private final TargetOptions target = new TargetOptions();

    @Option(
            names = "--timeline",
            paramLabel = "latest|current|N",
            description = "the timeline to follow; default: latest")
    private String timeline = "latest";

    @Option(
            names = "--target-action",
            paramLabel = "pause|promote|shutdown",
            description = "what PostgreSQL does at the target; default: pause, or promote if there is no target")
    private @Nullable Action action;

    @Mixin
    private final StandbyOptions standby = new StandbyOptions();

    @Option(
            names = "--delta",
            description = "update the cluster in DIR: read and write only what differs from the backup")
    private boolean delta;

    @Option(
            names = "--stopped",
            description =
                    "with --delta or --move-aside: no server uses DIR, on any host, although it has a postmaster.pid")
    private boolean stopped;

    @Option(
            names = "--move-aside",
            description =
                    "rename a cluster that is in DIR to DIR.aside, and its tablespaces likewise, and restore into a new one")
    private boolean moveAside;

    @Option(
            names = "--wal",
            paramLabel = "archive|copy",
            description = "where PostgreSQL gets its WAL: archive fetches it with this program; copy puts all that is"
                    + " needed into DIR.wal, so that the restore needs neither this program nor a repository, on any"
                    + " host. Default: archive")
    private RestoreRequest.Wal wal = RestoreRequest.Wal.ARCHIVE;

    @Option(names = "--start", description = "start PostgreSQL, and follow it until it is ready")
    private boolean start;

    @Option(
            names = "--on-delayed",
            paramLabel = "DIR",
            description =
                    "restore nothing, but stop the delayed standby in DIR at the target, before it has replayed it")
    private @Nullable Path delayed;

    @Mixin
    private final RemoteOptions remote = new RemoteOptions();

    @Spec
    private @Nullable CommandSpec command;

    @Option(names = "--dry-run", description = "show the plan, but write nothing")
    private boolean dryRun;

    public RecoverCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        Output output = global.output(context);
        standby.check(target.isGiven() || action != null);
        if (stopped && !delta && !moveAside) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "--stopped without --delta or --move-aside: a restore never goes into a directory that has a"
                            + " postmaster.pid",
                    "Add --delta, to update the cluster that is there, or --move-aside, to rename it; or name a new"
                            + " directory with --to.");
        }
        if (wal == RestoreRequest.Wal.COPY && standby.isStandby()) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "a standby goes on after the WAL that can be copied now",
                    "Leave out --wal copy, or --standby.");
        }
        if (delta && moveAside) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "--delta updates the cluster in DIR, and --move-aside renames it",
                    "Leave out one of them.");
        }
        if (delayed != null && (place.isGiven() || standby.isStandby() || delta || moveAside || backup != null)) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "--on-delayed restores nothing, and takes no --to, --backup, --standby, --delta or --move-aside",
                    "Leave them out, or leave out --on-delayed.");
        }
        target.check(delayed != null, timeline);
        if (remote.isElsewhere()) {
            List<Path> paths = place.paths(global.config());
            paths.addAll(global.keyFiles());
            Optional.ofNullable(delayed).ifPresent(paths::add);
            return remote.run(Objects.requireNonNull(command), paths, output, context);
        }
        if (delayed != null) {
            return new DelayedRecovery(context, global, output)
                    .run(
                            context.environment()
                                    .workingDirectory()
                                    .resolve(delayed)
                                    .normalize(),
                            new Role.Recovery(target.target(), Optional.ofNullable(action)),
                            dryRun)
                    .status();
        }
        try (Session session = global.readingSession(context)) {
            Optional<BeforeChange> before = target.isBefore()
                    ? Optional.of(BeforeChange.find(
                            session,
                            target,
                            timelineChoice(),
                            action == null || action == RecoveryTarget.Action.PAUSE,
                            context.clock(),
                            output))
                    : Optional.empty();
            RestoreRequest request = request(session, before);
            Restoration restoration = new Restoration(context, global, session, output, Optional.ofNullable(backup));
            UnaryOperator<PreparedRestore> seen = prepared -> standby.seen(
                    session, before.map(each -> each.told(prepared)).orElse(prepared));
            return (dryRun
                            ? restoration.show(request, seen, start)
                            : restoration.run(request, seen, standby.slot(session), start))
                    .status();
        }
    }

    private Role role(Session session, Optional<BeforeChange> before) throws IOException {
        return standby.isStandby()
                ? standby.role(session)
                : new Role.Recovery(
                        before.map(BeforeChange::target).orElseGet(target::target), Optional.ofNullable(action));
    }

    private RestoreRequest request(Session session, Optional<BeforeChange> before) throws IOException {
        return new RestoreRequest(
                place.directory(context),
                role(session, before),
                before.map(BeforeChange::timeline).orElseGet(this::timelineChoice),
                Optional.empty(),
                place.tablespaces(context),
                occupied(),
                wal,
                place.configuration());
    }

    private Optional<RestoreRequest.Occupied> occupied() {
        if (delta) {
            return Optional.of(new RestoreRequest.Delta(stopped));
        }
        return moveAside ? Optional.of(new RestoreRequest.MoveAside(stopped)) : Optional.empty();
    }

    private TimelineChoice timelineChoice() {
        try {
            return TimelineChoice.parse(timeline);
        } catch (IllegalArgumentException e) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    String.valueOf(e.getMessage()),
                    "See which timelines there are with: tidemark wal-list",
                    e);
        }
    }
}
