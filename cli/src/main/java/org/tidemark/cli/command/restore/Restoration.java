// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.restore;

import java.io.IOException;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.GlobalOptions;
import org.tidemark.cli.call.LauncherPath;
import org.tidemark.cli.output.Output;
import org.tidemark.cli.output.Progress;
import org.tidemark.config.ClusterSettings;
import org.tidemark.core.Amounts;
import org.tidemark.core.ExitCode;
import org.tidemark.core.ShellWord;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.recovery.QueuedFiles;
import org.tidemark.operations.recovery.RestoreCommand;
import org.tidemark.operations.recovery.RestoreNote;
import org.tidemark.operations.recovery.RestoreRun;
import org.tidemark.operations.recovery.RestoreSource;
import org.tidemark.operations.recovery.StandbySlot;
import org.tidemark.operations.recovery.StartedServer;
import org.tidemark.restore.NextSteps;
import org.tidemark.restore.PreparedRestore;
import org.tidemark.restore.plan.RestorePlan;
import org.tidemark.restore.recovery.CopiedWal;
import org.tidemark.restore.recovery.RecoverySettings;
import org.tidemark.restore.request.RestoreRequest;
import org.tidemark.restore.wal.ReplayedWal;
import org.tidemark.session.Session;
import org.tidemark.view.PlanView;

/** Shows the plan of a restore, carries it out, and follows the server that it starts. */
public final class Restoration {
    /** pg_ctl puts names of files between double quotes; postmaster.pid has one line for the directory. */
    private static final Pattern OF_A_SHELL = Pattern.compile("[\\p{Cntrl}\"$`\\\\]");

    private final CommandContext context;
    private final GlobalOptions global;
    private final Session session;
    private final Output output;
    private final Optional<String> backup;

    /** @param backup as the operator named it; empty for the best one */
    Restoration(CommandContext context, GlobalOptions global, Session session, Output output, Optional<String> backup) {
        this.context = context;
        this.global = global;
        this.session = session;
        this.output = output;
        this.backup = backup;
    }

    /**
     * Shows the plan, and writes nothing.
     *
     * @param seen adds to the plan what else is known
     * @param start whether PostgreSQL would be started afterwards
     */
    ExitCode show(RestoreRequest request, UnaryOperator<PreparedRestore> seen, boolean start)
            throws IOException, InterruptedException {
        String launcher = LauncherPath.find(context.environment()).orElse("tidemark");
        RestoreSource source = choose(request);
        PreparedRestore known = seen.apply(source.prepared().calling(program(source, launcher)));
        PreparedRestore prepared = start ? known.started() : known;
        warnOfQueuedFiles(source);
        if (output.isJson()) {
            output.json(PlanView.of(
                    prepared,
                    plan -> RecoverySettings.of(
                            plan, restoreCommand(source, plan, launcher).text())));
        } else {
            output.advise(prepared.text().stripTrailing());
        }
        if (start && prepared.plan().problems().isEmpty()) {
            StartedServer.requirePrograms(prepared);
        }
        return prepared.plan().problems().isEmpty() ? ExitCode.DONE : ExitCode.NO;
    }

    /**
     * Restores, unless the plan has a problem.
     *
     * @param seen adds to the plan what else is known
     * @param slot that the primary gets for the standby, once the files are restored
     * @param start whether PostgreSQL is started and followed afterwards
     */
    ExitCode run(RestoreRequest request, UnaryOperator<PreparedRestore> seen, Optional<StandbySlot> slot, boolean start)
            throws IOException, InterruptedException {
        if (start && OF_A_SHELL.matcher(request.directory().toString()).find()) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "pg_ctl cannot start a server in '" + request.directory() + "': its shell expands the name",
                    "Take a name without line breaks, quotes, backslashes, '`' and '$'; or restore with: recover,"
                            + " and start PostgreSQL by other means.");
        }
        String launcher = LauncherPath.absolute(context.environment());
        RestoreSource source = choose(request);
        PreparedRestore known = seen.apply(source.prepared().calling(program(source, launcher)));
        PreparedRestore prepared = start ? known.started() : known;
        warnOfQueuedFiles(source);
        output.say(prepared.textOfStart());
        RestorePlan.Chosen plan = prepared.plan().orThrow();
        if (start) {
            StartedServer.requirePrograms(prepared);
        }
        RecoverOutput shown = new RecoverOutput(output);
        RestoreRun.Result result = new RestoreRun(session, context.clock(), shown)
                .run(source, plan, restoreCommand(source, plan, launcher), output.complete(known.textAfterwards()));
        shown.restored(result);
        Optional<StandbySlot> created = slot.filter(StandbySlot::create);
        created.ifPresent(each -> output.say("slot '" + each.name() + "' was created on the primary"));
        RestoreNote note = new RestoreNote(source, result);
        Optional<StartedServer.End> end =
                start ? Optional.of(follow(prepared, result, shown, created, note)) : Optional.empty();
        shown.finish(result, end, prepared.look());
        if (end.isPresent() && !(end.get() instanceof StartedServer.End.Stopped)) {
            output.say(prepared.textOfAccess());
        }
        note.store(context.clock().instant())
                .ifPresent(why -> output.say(
                        "this restore could not be noted, so 'status' computes nothing from it: " + why.getMessage()));
        return ExitCode.DONE;
    }

    /** A slot that was created for a server that does not run would keep WAL for nobody. */
    private StartedServer.End follow(
            PreparedRestore prepared,
            RestoreRun.Result result,
            RecoverOutput shown,
            Optional<StandbySlot> created,
            RestoreNote note)
            throws IOException, InterruptedException {
        note.started();
        try {
            return follow(prepared, result, shown, note);
        } catch (UserFacingException e) {
            // Otherwise the server still runs, and goes on trying.
            if (e.exitCode() == ExitCode.RESTORE_REFUSED) {
                created.ifPresent(each -> {
                    each.drop();
                    output.say("slot '" + each.name() + "' was dropped again");
                });
            }
            throw e;
        }
    }

    private StartedServer.End follow(
            PreparedRestore prepared, RestoreRun.Result result, RecoverOutput shown, RestoreNote note)
            throws IOException, InterruptedException {
        RestorePlan.Chosen plan = result.restored().plan();
        StartedServer server = StartedServer.start(
                plan.request().directory(),
                prepared.startCommand(),
                session.connection().user(),
                session.clientEnvironment(),
                result.variablesNeeded(),
                context.clock().instant(),
                "The files are restored. When the cause is removed, start it as the plan says.");
        try (RecoverOutput.Following following =
                shown.following(plan, prepared.cluster().walSegmentSize())) {
            return server.follow(plan.request().role(), (upTo, commit) -> {
                note.replayed(upTo);
                following.replayed(upTo, commit);
            });
        }
    }

    private RestoreSource choose(RestoreRequest request) throws IOException {
        try (Progress progress = output.progress("searching the archived WAL for the target", 0)) {
            return RestoreSource.choose(
                    session, request, backup, context.clock().instant(), progress::show, ReplayedWal.LIMIT);
        }
    }

    /** Warns if a repository is left out that may be the only one to hold these files. */
    private void warnOfQueuedFiles(RestoreSource source) throws IOException {
        if (global.repositories().isEmpty()) {
            return;
        }
        QueuedFiles.of(session.pending(), source.identity().cluster(), session.names(), source.repositories())
                .forEach((name, files) -> output.warn(
                        Amounts.count(files, "acknowledged file is", "acknowledged files are")
                                + " queued on this host for '" + name + "', so this restore does not see them there",
                        "Deliver them first with: tidemark sync --quick"));
    }

    /** How an operator calls this program for the restored cluster. */
    private NextSteps.Program program(RestoreSource source, String launcher) {
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
        if (plan.request().wal() == RestoreRequest.Wal.COPY) {
            return new RestoreCommand(
                    CopiedWal.beside(plan.request().directory()).restoreCommand());
        }
        return fetching(context, global, source, plan, launcher);
    }

    /**
     * The command that fetches from the repositories of a plan.
     *
     * @param launcher an absolute path
     */
    public static RestoreCommand fetching(
            CommandContext context,
            GlobalOptions global,
            RestoreSource source,
            RestorePlan.Chosen plan,
            String launcher) {
        return RestoreCommand.fetching(
                launcher,
                plan.pinned(),
                plan.request().target(),
                source.identity().cluster(),
                source.repositories(),
                global.decryptWith(context.environment()),
                global.namedConfiguration(context.environment()));
    }
}
