// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.run;

import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.DurationOption;
import org.tidemark.cli.call.GlobalOptions;
import org.tidemark.cli.call.Help;
import org.tidemark.cli.output.Output;
import org.tidemark.config.ClusterSettings;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.session.Session;
import org.tidemark.view.ReplicationView;
import org.tidemark.watch.status.ReplicationStatus;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "replication-status",
        description = {
            "Shows the followers of a server, and its replication slots.",
            "Followers are the standbys, receivers of WAL, subscribers and running backups that are connected to it,"
                    + " each with the WAL that is left to send, to flush and to replay. Of a standby it also shows the"
                    + " upstream server, and the position that it has replayed.",
            "It asks the server of the cluster's conninfo. REPLAY LAG is PostgreSQL's replay_lag; it is empty while"
                    + " the server writes nothing. Values that the role is not allowed to see are '?' or empty: grant"
                    + " pg_monitor to the role.",
        })
@Help(
        group = Help.Group.RUN,
        synopsis = "replication-status [--watch DURATION]",
        examples = {"tidemark replication-status", "tidemark replication-status --watch 2s"},
        uses = Help.Uses.POSTGRES,
        statuses = {ExitCode.DONE, ExitCode.USAGE})
public final class ReplicationStatusCommand implements Callable<ExitCode> {
    /** Clears a terminal, and goes to its first line. */
    private static final String CLEAR = "\033[H\033[2J";

    private final CommandContext context;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    @Option(
            names = "--watch",
            paramLabel = "DURATION",
            description = "repeat at this interval, such as 2s, until interrupted; at most 1h")
    private @Nullable String watch;

    public ReplicationStatusCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitCode call() throws InterruptedException {
        Output output = global.output(context);
        try (Session session = global.session(context)) {
            ClusterName cluster = session.cluster()
                    .map(ClusterSettings::name)
                    .orElseThrow(() -> new UserFacingException(
                            ExitCode.USAGE,
                            "no cluster is configured",
                            "Write a configuration with: tidemark init --url URL --conninfo TEXT"));
            if (watch == null) {
                show(output, cluster, ReplicationStatus.ask(session));
                return ExitCode.DONE;
            }
            Duration pause = pause(watch);
            while (true) {
                watch(output, cluster, session);
                Thread.sleep(pause);
            }
        }
    }

    /** A server that does not answer may be about to fail over: it is asked again. */
    private void watch(Output output, ClusterName cluster, Session session) {
        try {
            ReplicationStatus status = ReplicationStatus.ask(session);
            if (!output.isJson()) {
                output.line(context.dataToTerminal() ? CLEAR : "");
            }
            show(output, cluster, status);
        } catch (UserFacingException e) {
            output.warn(e.getMessage(), e.hint());
        }
    }

    private void show(Output output, ClusterName cluster, ReplicationStatus status) {
        if (output.isJson()) {
            output.json(ReplicationView.of(cluster, status));
            return;
        }
        ReplicationLines.of(cluster, status, context.clock().instant()).forEach(output::line);
        if (ReplicationLines.isHidden(status)) {
            output.warn(
                    "the role is not allowed to see the state of every follower",
                    "In psql, as a superuser, grant pg_monitor to the role of the conninfo.");
        }
    }

    private static Duration pause(String text) {
        return DurationOption.parse(
                "--watch",
                text,
                each -> each.isPositive() && each.compareTo(Duration.ofHours(1)) <= 0,
                "Give it from 1s to 1h, such as 2s.");
    }
}
