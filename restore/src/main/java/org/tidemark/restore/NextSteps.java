// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.Amounts;
import org.tidemark.core.ShellWord;
import org.tidemark.postgres.SettingsFile;
import org.tidemark.restore.plan.RestorePlan.Chosen;
import org.tidemark.restore.plan.StartFrom;
import org.tidemark.restore.recovery.CopiedWal;
import org.tidemark.restore.request.RestoreRequest;
import org.tidemark.restore.request.Role;
import org.tidemark.restore.settings.ConfigurationPlan;
import org.tidemark.restore.settings.ServerPort;
import org.tidemark.restore.settings.ServerStart;
import org.tidemark.restore.settings.ServerStart.Origin;
import org.tidemark.restore.target.MovedAside;

/**
 * What an operator does once the files are in place. Every command works as it is printed; a test runs each of them.
 */
public final class NextSteps {
    private final Chosen plan;
    private final ServerStart start;
    private final Program program;
    private final boolean isStarted;
    private final List<Step> steps = new ArrayList<>();

    /**
     * One step.
     *
     * @param text a sentence without its full stop
     * @param commands for a shell, in their order; may be empty
     */
    public record Step(String text, List<String> commands) {}

    private NextSteps(Chosen plan, ServerStart start, Program program, boolean isStarted) {
        this.plan = plan;
        this.start = start;
        this.program = program;
        this.isStarted = isStarted;
    }

    /** @param isStarted whether this program starts the server, and waits until it is as far as it gets */
    static List<Step> of(Chosen plan, ServerStart start, Program program, boolean isStarted) {
        return new NextSteps(plan, start, program, isStarted).list();
    }

    private List<Step> list() {
        Path directory = plan.request().directory();
        String command = start.command(directory);
        ServerPort listening = start.listening();
        String begin = "Start the server"
                + (listening.isElsewhere()
                        ? ", on port " + listening.port() + " because another server uses " + listening.wanted()
                        : "");
        if (plan.request().wal() == RestoreRequest.Wal.COPY) {
            add("It needs no repository and no Tidemark: to start it on another host, copy '" + directory + "' and '"
                    + CopiedWal.beside(directory).directory() + "' there, beside each other"
                    + (plan.directories().size() > 1 ? ", and the other directories to where they are here" : "")
                    + ". Delete the second one when the database is open");
        }
        switch (plan.request().role()) {
            case Role.Recovery recovery -> {
                recover(recovery, begin, command);
                production(directory);
            }
            case Role.Standby standby -> {
                follow(standby, begin, command);
            }
        }
        if (!plan.start().moved().isEmpty()) {
            takeBack(plan.start().moved());
        }
        return List.copyOf(steps);
    }

    private void follow(Role.Standby role, String begin, String command) {
        if (role.isDelayed()) {
            String delay = Amounts.duration(role.applyDelay());
            start(begin + "; it replays each commit " + delay + " after it was made on the primary", command);
            add(
                    "See how far it is: the newest commit that it has replayed",
                    start.psql("select pg_last_xact_replay_timestamp()"));
        } else {
            start(begin + "; it replays the archived WAL, and then streams from the primary", command);
            start("Repeat this until it answers 'streaming'", start.psql("select status from pg_stat_wal_receiver"));
        }
    }

    private void recover(Role.Recovery role, String begin, String command) {
        Path directory = plan.request().directory();
        switch (role.action()) {
            case PAUSE -> {
                start(begin + "; it replays its WAL up to the target and pauses there, read-only", command);
                start(
                        "Repeat this until the first column is 't': PostgreSQL waits at the target, unless its log says"
                                + " 'insufficient parameter settings'. Then check the data (where the target"
                                + " is a time or a transaction, a table that the next one drops is locked)",
                        start.psql("select pg_is_wal_replay_paused(), pg_last_xact_replay_timestamp()"));
                if (isStarted) {
                    add("It is paused at the target, read-only: check the data (where the target is a time or a"
                            + " transaction, a table that the next one drops is locked)");
                }
                add(
                        "If it is what you want, open the database for writing",
                        start.psql("select pg_wal_replay_resume()"));
                awaitOpen();
            }
            case PROMOTE -> {
                start(begin + "; it replays its WAL and opens the database for writing", command);
                if (!isStarted) {
                    awaitOpen();
                }
            }
            case SHUTDOWN -> {
                start(
                        begin + "; it replays its WAL and stops by itself at the target (pg_ctl may call that a failed"
                                + " start)",
                        command);
                start("Repeat this until no server runs", start.status(directory));
                // Without recovery.signal PostgreSQL would take this for a crash: it would replay all the WAL in
                // pg_wal, past the target, and go on writing the old timeline.
                add(
                        "Open it for writing at the target. Never remove recovery.signal: PostgreSQL would then replay"
                                + " past the target",
                        "echo \"recovery_target_action = 'promote'\" >> "
                                + ShellWord.quote(directory
                                        .resolve(SettingsFile.AUTO_CONF)
                                        .toString()),
                        command);
            }
        }
    }

    /** A server that is stopped before it is open recovers, and pauses, once more. */
    private void awaitOpen() {
        add(
                "Repeat this until it answers 'f': the database is open for writing",
                start.psql("select pg_is_in_recovery()"));
    }

    private void production(Path directory) {
        ServerPort listening = start.listening();
        if (listening.isElsewhere()) {
            add(
                    "If it is to be the production server, stop the server on port " + listening.wanted()
                            + ", and restart this one on that port",
                    start.stop(directory),
                    start.commandForGood(directory));
        }
        start.outside().ifPresent(outside -> {
            if (outside.origin() == Origin.BESIDE) {
                add("If it is to be the production server, put the files below '"
                        + ConfigurationPlan.beside(directory)
                        + "' where its service looks for them, and set data_directory = '" + directory
                        + "' in postgresql.conf");
            } else {
                outside.original()
                        .filter(original -> !ServerStart.isSame(original, directory))
                        .ifPresent(original ->
                                add("If it is to be the production server, set data_directory = '" + directory
                                        + "' in '" + outside.file() + "': it is '" + original
                                        + "' now, and the service of this cluster would start that one again"));
            }
        });
        program.dataDirectory()
                .filter(configured -> !ServerStart.isSame(configured, directory))
                .ifPresent(configured -> add(
                        "If it is to be the production server, set data-directory = '" + directory
                                + "' in Tidemark's configuration; it is '" + configured
                                + "' now, and only that server's WAL is archived",
                        program.line("config set") + " data-directory " + ShellWord.quote(directory.toString())));
        add(
                "If it is to be the production server, let it archive again: this resets what recover wrote, and says"
                        + " how to restart. Then take a backup",
                program.line("setup primary"),
                program.line("backup"));
    }

    private void takeBack(List<StartFrom.Move> moves) {
        List<String> commands = new ArrayList<>();
        commands.add(start.stop(plan.request().directory()));
        moves.forEach(each -> commands.addAll(MovedAside.takenBack(each)));
        add("If you want back what was there", commands.toArray(String[]::new));
    }

    /** What is done already if the server is started at once. */
    private void start(String text, String... commands) {
        if (!isStarted) {
            add(text, commands);
        }
    }

    private void add(String text, String... commands) {
        steps.add(new Step(text, List.of(commands)));
    }

    /**
     * How this program is called.
     *
     * @param command its name or path
     * @param options that each command needs, each with a space before it
     * @param dataDirectory the cluster's, if it is configured
     */
    public record Program(String command, String options, Optional<Path> dataDirectory) {
        static final Program PLAIN = new Program("tidemark", "", Optional.empty());

        String line(String subcommand) {
            return command + " " + subcommand + options;
        }
    }
}
