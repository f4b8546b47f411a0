// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.run;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import org.tidemark.archiver.receive.WalReceiver;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.GlobalOptions;
import org.tidemark.cli.call.Help;
import org.tidemark.cli.command.wal.WalReceiveOutput;
import org.tidemark.cli.output.Output;
import org.tidemark.cli.process.Hangup;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.service.ServiceManager;
import org.tidemark.service.ServiceRun;
import org.tidemark.session.Host;
import org.tidemark.wal.notices.RepeatedNotices;
import org.tidemark.wal.notices.RepeatedNotices.Notice;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
        name = "serve",
        description = {
            "Runs the tasks of every cluster when they are due, in one process that stays.",
            "It does what 'tidemark cron' does, without a line of cron: it delivers queued WAL and, on the schedule of"
                    + " each cluster, takes backups, deletes what has expired by the retention policy, and verifies the"
                    + " repositories. A store that hangs delays the clusters that use it.",
            "Where a cluster has a receive-slot, it also receives WAL while it is written, as 'tidemark wal-receive'"
                    + " does.",
            "It runs until it is stopped by SIGINT or SIGTERM. A changed configuration is read again within a second;"
                    + " one that is wrong is reported, and the previous one stays in effect. See docs/backup/serve.md.",
        })
@Help(
        group = Help.Group.RUN,
        synopsis = "serve",
        examples = "tidemark serve",
        statuses = {ExitCode.DONE, ExitCode.USAGE, ExitCode.LOCAL_FILES, ExitCode.INTERRUPTED})
public final class ServeCommand implements Callable<ExitCode> {
    private final CommandContext context;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    public ServeCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitCode call() {
        Output output = global.output(context);
        if (!global.repositories().isEmpty()) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "serve works on the repositories of each cluster",
                    "Leave --repository out. Set them with cluster.NAME.repositories.");
        }
        Host host = global.host(context);
        ServiceRun run = new ServiceRun(
                host,
                context.clock(),
                CronCommand.program(context, global),
                new Told(output),
                ServiceManager.of(context.environment(), context.talk()));
        Hangup.run(run::reload);
        try {
            run.run();
        } catch (InterruptedException e) {
            output.say("stopped");
            Thread.currentThread().interrupt();
        }
        return ExitCode.INTERRUPTED;
    }

    /** A problem that lasts is told once an hour. Thread-safe. */
    private final class Told implements ServiceRun.Observer {
        private final Output output;
        private final RepeatedNotices notices;
        private final Map<ClusterName, CronOutput> clusters = new ConcurrentHashMap<>();

        Told(Output output) {
            this.output = output;
            this.notices = RepeatedNotices.ofProcess(context.clock());
        }

        @Override
        public CronOutput of(ClusterName cluster) {
            return clusters.computeIfAbsent(cluster, name -> new CronOutput(global.output(context, name), name));
        }

        @Override
        public WalReceiver.Observer receiver(ClusterName cluster) {
            return new WalReceiveOutput(
                    global.output(context, cluster).withPrefix("cluster '" + cluster + "': "),
                    cluster,
                    context.clock());
        }

        @Override
        public void say(String message) {
            output.say(message);
        }

        @Override
        public void misconfigured(UserFacingException problem) {
            output.error("cannot use the changed configuration: " + problem.getMessage(), problem.hint());
        }

        @Override
        public void unmeasured(UserFacingException problem) {
            Notice notice = notices.seen("metrics " + problem.getMessage(), Duration.ZERO);
            if (notice.kind() == RepeatedNotices.Kind.WARNING) {
                output.warn(problem.getMessage() + "; everything else goes on", problem.hint());
            }
        }

        @Override
        public void unnotified(UserFacingException problem) {
            Notice notice = notices.seen("notify " + problem.getMessage(), Duration.ZERO);
            if (notice.kind() == RepeatedNotices.Kind.WARNING) {
                output.warn(problem.getMessage(), problem.hint());
            }
        }

        @Override
        public void failed(ClusterName cluster, Exception problem) {
            Notice notice = notices.seen(
                    cluster + " " + RepeatedNotices.withoutNumbers(String.valueOf(problem.getMessage())),
                    Duration.ZERO);
            if (notice.kind() == RepeatedNotices.Kind.WARNING) {
                of(cluster).failed(problem);
            }
        }
    }
}
