// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.tidemark.cli.Hangup;
import org.tidemark.cli.output.CopyableLines;
import org.tidemark.cli.output.Output;
import org.tidemark.core.Amounts;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.notices.RepeatedNotices;
import org.tidemark.operations.notices.RepeatedNotices.Kind;
import org.tidemark.operations.notices.RepeatedNotices.Notice;
import org.tidemark.operations.wal.resident.ResidentArchiver;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "archiver",
        description = {
            "Archives segments as soon as they are ready, so that wal-push finds its work done.",
            "It runs until it is stopped by SIGINT or SIGTERM, for the clusters of this host. archive_command stays"
                    + " 'tidemark wal-push %%p': wal-push waits a short time for the archiver, and archives the segment"
                    + " itself if the archiver does not run or is too slow.",
            "See docs/operating/archiver.md.",
        })
@Help(
        group = Help.Group.WAL,
        synopsis = "archiver [CLUSTER...]",
        examples = {"tidemark archiver", "tidemark archiver main"},
        statuses = {ExitCode.DONE, ExitCode.USAGE, ExitCode.LOCAL_FILES, ExitCode.INTERRUPTED, ExitCode.TIMED_OUT})
final class ArchiverCommand implements Callable<ExitCode> {
    private final CommandContext context;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    @Parameters(
            paramLabel = "CLUSTER",
            arity = "0..*",
            description = "the clusters to serve; default: all that have a data-directory")
    private List<String> clusters = new ArrayList<>();

    ArchiverCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitCode call() {
        Output output = global.output(context);
        try {
            ResidentArchiver archiver = new ResidentArchiver(
                    context.environment(),
                    global.config(),
                    names(),
                    new Told(output, global.log(), context.clock()),
                    context.talk(),
                    context.clock());
            Hangup.run(archiver::reload);
            archiver.run();
        } catch (InterruptedException e) {
            output.say("stopped; wal-push archives without it");
            Thread.currentThread().interrupt();
        }
        return ExitCode.INTERRUPTED;
    }

    private List<ClusterName> names() {
        List<ClusterName> names = new ArrayList<>();
        if (!global.isForAll()) {
            global.cluster().ifPresent(names::add);
        }
        for (String each : clusters) {
            try {
                names.add(new ClusterName(each));
            } catch (IllegalArgumentException e) {
                throw new UserFacingException(
                        ExitCode.USAGE,
                        String.valueOf(e.getMessage()),
                        "Correct the name. List the clusters with: tidemark config",
                        e);
            }
        }
        return names.stream().distinct().toList();
    }

    /** A problem that lasts is told once an hour. Thread-safe. */
    private static final class Told implements ResidentArchiver.Observer {
        private final Output output;
        private final CommandLog log;
        private final RepeatedNotices notices;

        Told(Output output, CommandLog log, Clock clock) {
            this.output = output;
            this.log = log;
            this.notices = RepeatedNotices.ofProcess(clock);
        }

        @Override
        public void say(String message) {
            output.say(message);
        }

        @Override
        public void archived(ClusterName cluster, String name, long bytes, Duration took) {
            log.archived(cluster, name, bytes, took);
        }

        @Override
        public void warn(ClusterName cluster, String message, String hint) {
            output.warn(message, completed(cluster, hint));
        }

        @Override
        public void works(ClusterName cluster, String message) {
            output.say(message
                    + notices.overAll(cluster + " ")
                            .filter(lasted -> lasted.toSeconds() > 0)
                            .map(lasted -> " again, after " + Amounts.duration(lasted))
                            .orElse(""));
        }

        @Override
        public void misconfigured(String message, String hint) {
            repeated("configuration", message, hint);
        }

        @Override
        public void warn(ClusterName cluster, String subject, String message, String hint) {
            repeated(cluster + " " + subject, message, completed(cluster, hint));
        }

        private void repeated(String subject, String message, String hint) {
            // What is wrong now is no repetition of what was wrong before; the numbers in it are.
            Notice notice = notices.seen(subject + " " + RepeatedNotices.withoutNumbers(message), Duration.ZERO);
            if (notice.kind() == Kind.WARNING) {
                output.warn(
                        message
                                + (notice.lasting().isZero()
                                        ? ""
                                        : "; this has been so for " + Amounts.duration(notice.lasting())),
                        hint);
            }
        }

        private static String completed(ClusterName cluster, String hint) {
            return CopyableLines.of(Optional.of(cluster), Optional.empty()).complete(hint);
        }
    }
}
