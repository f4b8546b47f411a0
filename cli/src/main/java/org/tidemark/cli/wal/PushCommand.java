// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.wal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.tidemark.archiver.push.WalPusher.PushRequest;
import org.tidemark.config.Environment;
import org.tidemark.config.repository.OpenRepositories;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.postgres.ControlFile;
import org.tidemark.wal.ahead.OnDemandArchiver;
import org.tidemark.wal.call.WalArguments;
import org.tidemark.wal.call.WalContext;
import org.tidemark.wal.push.PushObserver;
import org.tidemark.wal.push.PushRun;
import org.tidemark.wal.push.Pusher;

/** {@code wal-push %p}: archive_command. */
record PushCommand(WalArguments arguments, WalCall call) {
    int run() throws IOException, InterruptedException {
        Instant begun = Instant.now().minus(call.age());
        Environment environment = call.environment();
        Path path = environment.workingDirectory().resolve(arguments.files().getFirst());
        WalFile file = parse(path);
        WalContext context =
                WalContext.of(arguments, environment, dataDirectoryOf(path, environment), Clock.systemUTC());
        Optional<WalLog> log = LogLines.logOf(context);
        LogLines.logTo(log);
        PushObserver observer = log.isEmpty() ? new Printed(context) : new Logged(context, log.get());
        LogLines.warn(context);
        Duration limit = context.configuration().host().pushTimeout();
        Watchdog.watch(limit, archiving(file));
        ControlFile control = context.control();
        context.refuseACopy(environment.workingDirectory(), control);
        ClusterName cluster = context.cluster()
                .orElseThrow(() -> new UserFacingException(
                        ExitCode.USAGE,
                        "no cluster is configured for the data directory '"
                                + context.dataDirectory().orElse(path) + "'",
                        "Name the cluster with --cluster, or set data-directory in its configuration."));
        OpenRepositories repositories = new OpenRepositories(context.spool(), System.err);
        Pusher pusher = new Pusher(context, cluster, repositories, observer);
        pusher.begin(control.system());
        // %p stands for pg_wal/NAME: a file pushed by hand is never dropped.
        boolean isOfServer = arguments.files().getFirst().startsWith("pg_wal/");
        PushRequest request = new PushRequest(file, path, control);
        PushRun.Outcome outcome = new PushRun(
                        context, pusher, lastResort -> Watchdog.watch(limit, archiving(file), lastResort))
                .push(request, isOfServer);
        if (outcome == PushRun.Outcome.ARCHIVED && call.mayStay()) {
            Optional<OnDemandArchiver> archiver = OnDemandArchiver.begin(
                    context, begun, request, repositories, observer, messages -> new Later(context, messages));
            if (archiver.isPresent()) {
                WalMain.answer(WalMain.DELIVERED, arguments, call);
                archiver.get().run();
                return WalMain.DELIVERED; // nobody hears it
            }
        }
        // Otherwise it ends with the process: closing a store may wait for a hanging thread.
        if (outcome == PushRun.Outcome.ARCHIVED) {
            repositories.close();
        }
        return WalMain.DELIVERED;
    }

    /** Prints for PostgreSQL's log, where what goes well does not belong. Immutable. */
    private static class Printed implements PushObserver {
        private final WalContext context;

        private Printed(WalContext context) {
            this.context = context;
        }

        @Override
        public void archived(PushRequest file, Duration took) {}

        @Override
        public void say(String message) {
            System.err.println(message);
        }

        @Override
        public void warn(String message, String hint) {
            LogLines.warn(message, hint, context);
        }
    }

    /** The same, with the log of this host, which takes what was printed at the end. Thread-safe. */
    private static final class Logged extends Printed {
        private final WalLog log;

        private Logged(WalContext context, WalLog log) {
            super(context);
            this.log = log;
        }

        @Override
        public void archived(PushRequest file, Duration took) {
            log.archived(file, took);
        }

        @Override
        public void say(String message) {
            super.say(message);
            log.say(message);
        }
    }

    /** What becomes of segments after the call was answered: PostgreSQL's log gets it from the next calls. */
    private static final class Later implements PushObserver {
        /** Of messages that no call has printed yet. */
        private static final long MAX_BYTES = 1 << 16;

        private final WalContext context;
        private final Path messages;
        private final Optional<WalLog> log;

        private Later(WalContext context, Path messages) {
            this.context = context;
            this.messages = messages;
            this.log = LogLines.logOf(context);
        }

        @Override
        public void archived(PushRequest file, Duration took) {
            log.ifPresent(known -> known.archived(file, took));
        }

        @Override
        public void say(String message) {
            print(message);
            log.ifPresent(known -> known.say(message));
        }

        @Override
        public void warn(String message, String hint) {
            String text = LogLines.warning(message, hint, context);
            print(text);
            log.ifPresent(known -> known.tell(text));
        }

        private synchronized void print(String text) {
            if (messages.toFile().length() < MAX_BYTES) {
                try {
                    Files.writeString(messages, text + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
                } catch (IOException e) {
                    // The notes are of another process by now.
                }
            }
        }
    }

    /** For the message of the watchdog. */
    private static String archiving(WalFile file) {
        return "archiving '" + file.name() + "'";
    }

    private static WalFile parse(Path path) {
        String name = String.valueOf(path.getFileName());
        try {
            return WalFile.parse(name);
        } catch (IllegalArgumentException e) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    String.valueOf(e.getMessage()),
                    "archive_command must pass %p: archive_command = 'tidemark wal-push %p'.",
                    e);
        }
    }

    /** PostgreSQL passes pg_wal/NAME in the data directory; by hand it may be an absolute path. */
    private static Path dataDirectoryOf(Path path, Environment environment) {
        Path walDirectory = path.toAbsolutePath().normalize().getParent();
        Path above = walDirectory == null ? null : walDirectory.getParent();
        return above != null && above.resolve(ControlFile.PATH).toFile().exists()
                ? above
                : environment.workingDirectory();
    }
}
