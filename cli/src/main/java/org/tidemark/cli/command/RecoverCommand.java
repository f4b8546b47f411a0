// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.tidemark.cli.output.Output;
import org.tidemark.cli.output.Progress;
import org.tidemark.config.ClusterSettings;
import org.tidemark.config.ConfigurationFiles;
import org.tidemark.core.Amounts;
import org.tidemark.core.ExitCode;
import org.tidemark.core.RecoveryTarget.Action;
import org.tidemark.core.ShellWord;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.Session;
import org.tidemark.operations.recovery.QueuedFiles;
import org.tidemark.operations.recovery.RestoreCommand;
import org.tidemark.operations.recovery.RestoreRun;
import org.tidemark.operations.recovery.RestoreSource;
import org.tidemark.operations.recovery.StartedServer;
import org.tidemark.recoverability.TimelineChoice;
import org.tidemark.restore.NextSteps;
import org.tidemark.restore.PreparedRestore;
import org.tidemark.restore.RecoverySettings;
import org.tidemark.restore.RestorePlan;
import org.tidemark.restore.RestoreRequest;
import org.tidemark.restore.Role;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

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
            "With --delta a cluster of the same system in DIR is made equal to the backup: only what differs is read"
                    + " from the repository and written, and only files that PostgreSQL wrote are removed. WAL that no"
                    + " repository holds is moved to DIR.aside; settings and logs that differ are copied there.",
        })
@Help(
        group = Help.Group.RESTORE,
        synopsis = {
            "recover --to DIR [--backup ID]",
            "    [--target-time TEXT | --target-lsn LSN | --target-xid XID | --target-name NAME",
            "     | --target-immediate]",
            "    [--exclusive] [--timeline latest|current|N] [--target-action pause|promote|shutdown]",
            "    [--tablespace NAME=DIR]... [--delta [--stopped]] [--start] [--dry-run]",
            "recover --to DIR --standby [--primary CONNINFO] [--apply-delay DURATION]",
            "    [--backup ID] [--timeline latest|current|N]",
            "    [--tablespace NAME=DIR]... [--delta [--stopped]] [--start] [--dry-run]"
        },
        examples = {
            "tidemark recover --to /pg/restored --target-time '2026-11-20 06:30:00+01' --dry-run",
            "tidemark recover --to /pg/restored --repository file:///mnt/backup",
            "tidemark recover --to /pg/restored --repository file:///mnt/backup --decrypt-with /mnt/tm.key",
            "tidemark recover --to /pg/standby --standby --primary 'host=db1 user=replicator'",
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
final class RecoverCommand implements Callable<ExitCode> {
    private final CommandContext context;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    @Option(
            names = "--to",
            paramLabel = "DIR",
            required = true,
            description = "the new data directory: empty, or not created yet; with --delta, one that holds a cluster")
    private Path directory = Path.of("");

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

    @Option(
            names = "--tablespace",
            paramLabel = "NAME=DIR",
            description =
                    "put a tablespace (its name, its OID, or the last part of its old location) into another directory;"
                            + " write \\= for an equals sign in one of them")
    private List<String> tablespaces = new ArrayList<>();

    @Mixin
    private final StandbyOptions standby = new StandbyOptions();

    @Option(
            names = "--delta",
            description = "go over the cluster in DIR, and read and write only what differs from the backup")
    private boolean delta;

    @Option(
            names = "--stopped",
            description = "with --delta: no server uses DIR, on any host, although it has a postmaster.pid")
    private boolean stopped;

    @Option(names = "--start", description = "start PostgreSQL, and follow it until it is ready")
    private boolean start;

    @Option(names = "--dry-run", description = "show the plan, but write nothing")
    private boolean dryRun;

    RecoverCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitCode call() throws IOException, InterruptedException {
        Output output = global.output(context);
        standby.check(target.isGiven() || action != null);
        if (stopped && !delta) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "--stopped without --delta: a restore never goes into a directory that has a postmaster.pid",
                    "Add --delta, to go over the cluster that is there, or name a new directory with --to.");
        }
        try (Session session = global.session(context)) {
            RestoreRequest request = request(session);
            String launcher = dryRun
                    ? LauncherPath.find(context.environment()).orElse("tidemark")
                    : LauncherPath.absolute(context.environment());
            RestoreSource source = choose(session, request, output);
            PreparedRestore prepared =
                    standby.seen(session, source.prepared().calling(program(session, source, launcher)));
            warnOfQueuedFiles(output, session, source);
            if (dryRun) {
                show(output, source, prepared, launcher);
                return prepared.plan().problems().isEmpty() ? ExitCode.DONE : ExitCode.NO;
            }
            output.say(prepared.textOfStart());
            RestorePlan.Chosen plan = prepared.plan().orThrow();
            RecoverOutput shown = new RecoverOutput(output);
            RestoreRun.Result result = new RestoreRun(session, context.clock(), shown)
                    .run(
                            source,
                            plan,
                            restoreCommand(source, plan, launcher),
                            output.complete(prepared.textAfterwards()));
            shown.restored(result);
            shown.finish(result, start ? Optional.of(follow(session, prepared, result, shown)) : Optional.empty());
            return ExitCode.DONE;
        }
    }

    private StartedServer.End follow(
            Session session, PreparedRestore prepared, RestoreRun.Result result, RecoverOutput shown)
            throws IOException, InterruptedException {
        RestorePlan.Chosen plan = result.restored().plan();
        StartedServer server = StartedServer.start(
                plan.request().directory(),
                prepared.startCommand(),
                session.connection().user(),
                session.clientEnvironment(),
                result.variablesNeeded(),
                context.clock().instant());
        try (RecoverOutput.Following following =
                shown.following(plan, prepared.cluster().walSegmentSize())) {
            return server.follow(plan.request().role(), following);
        }
    }

    private RestoreSource choose(Session session, RestoreRequest request, Output output) throws IOException {
        try (Progress progress = output.progress("searching the archived WAL for the restore point", 0)) {
            return RestoreSource.choose(
                    session,
                    request,
                    Optional.ofNullable(backup),
                    context.clock().instant(),
                    progress::show);
        }
    }

    /** Warns if a repository is left out that may be the only one to hold these files. */
    private void warnOfQueuedFiles(Output output, Session session, RestoreSource source) throws IOException {
        if (global.repositories().isEmpty()) {
            return;
        }
        QueuedFiles.of(session.pending(), source.identity().cluster(), session.names(), source.repositories())
                .forEach((name, files) -> output.warn(
                        Amounts.count(files, "acknowledged file is", "acknowledged files are")
                                + " queued on this host for '" + name + "', so this restore does not see them there",
                        "Deliver them first with: tidemark sync"));
    }

    private Role role(Session session) throws IOException {
        return standby.isStandby()
                ? standby.role(session)
                : new Role.Recovery(target.target(), Optional.ofNullable(action));
    }

    private RestoreRequest request(Session session) throws IOException {
        if (directory.toString().isEmpty()) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "--to names no directory",
                    "Name the new data directory, such as --to /pg/restored. Is a shell variable empty?");
        }
        Path absolute =
                context.environment().workingDirectory().resolve(directory).normalize();
        return new RestoreRequest(
                absolute,
                role(session),
                timelineChoice(),
                Optional.empty(),
                places(),
                delta ? Optional.of(new RestoreRequest.Delta(stopped)) : Optional.empty());
    }

    /** Written as for pg_basebackup: an equals sign that belongs to a name has a backslash before it. */
    private Map<String, Path> places() {
        Map<String, Path> places = new LinkedHashMap<>();
        for (String text : tablespaces) {
            String[] parts = text.split("(?<!\\\\)=", -1);
            String name = parts[0].replace("\\=", "=");
            if (parts.length != 2 || name.isEmpty() || parts[1].isEmpty()) {
                throw new UserFacingException(
                        ExitCode.USAGE,
                        "--tablespace '" + text + "' is not NAME=DIR",
                        "Such as --tablespace fast=/mnt/fast. In a name or a directory, write \\= for an equals sign.");
            }
            Path place = Path.of(parts[1].replace("\\=", "="));
            if (places.put(
                            name,
                            context.environment()
                                    .workingDirectory()
                                    .resolve(place)
                                    .normalize())
                    != null) {
                throw new UserFacingException(
                        ExitCode.USAGE, "--tablespace names '" + name + "' twice", "Name each tablespace once.");
            }
        }
        return places;
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

    /** How an operator calls this program for the restored cluster. */
    private NextSteps.Program program(Session session, RestoreSource source, String launcher) {
        StringBuilder options =
                new StringBuilder(" --cluster ").append(source.identity().cluster());
        global.config()
                .map(file ->
                        context.environment().workingDirectory().resolve(file).normalize())
                .ifPresent(file -> options.append(" --config ").append(ShellWord.quote(file.toString())));
        // A repository of the configuration was chosen for this restore; another one is known to no configuration.
        global.repositories().stream()
                .filter(each -> each.contains(":"))
                .forEach(each -> options.append(" --repository ").append(ShellWord.quote(each)));
        return new NextSteps.Program(
                ShellWord.quote(launcher),
                options.toString(),
                session.cluster().flatMap(ClusterSettings::dataDirectory));
    }

    private RestoreCommand restoreCommand(RestoreSource source, RestorePlan.Chosen plan, String launcher) {
        Optional<Path> configuration = ConfigurationFiles.isNamed(context.environment(), global.config())
                ? Optional.of(ConfigurationFiles.candidates(context.environment(), global.config())
                        .getFirst())
                : Optional.empty();
        return new RestoreCommand(
                launcher,
                plan.pinned(),
                plan.request().target(),
                source.identity().cluster(),
                source.repositories(),
                global.decryptWith(context.environment()),
                configuration);
    }

    private void show(Output output, RestoreSource source, PreparedRestore prepared, String launcher) {
        if (output.isJson()) {
            output.json(PlanView.of(
                    prepared,
                    plan -> RecoverySettings.of(
                            plan, restoreCommand(source, plan, launcher).text())));
        } else {
            output.advise(prepared.text().stripTrailing());
        }
    }
}
