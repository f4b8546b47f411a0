// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.wal;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;
import org.tidemark.archiver.PushTarget;
import org.tidemark.archiver.push.WalPusher;
import org.tidemark.archiver.push.WalPusher.PushRequest;
import org.tidemark.archiver.queue.GivenUpNotes;
import org.tidemark.archiver.queue.JavaStarts;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.config.Environment;
import org.tidemark.config.LogSettings;
import org.tidemark.config.RepositorySettings;
import org.tidemark.config.repository.OpenRepositories;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.TimelineHistoryFile;
import org.tidemark.postgres.ControlFile;

/** {@code wal-push %p}: archive_command. */
record PushCommand(WalArguments arguments, WalCall call) {

    int run() throws IOException {
        Environment environment = call.environment();
        Path path = environment.workingDirectory().resolve(arguments.files().getFirst());
        WalFile file = parse(path);
        WalContext context = WalContext.of(arguments, environment, dataDirectoryOf(path, environment));
        Optional<LogSettings> settings = context.configuration().host().log();
        Optional<WalLog> log =
                settings.isEmpty() ? Optional.empty() : Optional.of(WalLog.of(settings.get(), arguments, context));
        LogLines.logTo(log);
        PushObserver observer = log.isEmpty() ? new Printed() : new Logged(log.get());
        context.warn();
        Watchdog.watch(context.configuration().host().pushTimeout(), archiving(file));
        ControlFile control = context.control();
        if (context.configuredDataDirectory().isPresent()) {
            refuseACopy(context.configuredDataDirectory().get(), environment.workingDirectory(), control);
        }
        ClusterName cluster = context.cluster()
                .orElseThrow(() -> new UserFacingException(
                        ExitCode.USAGE,
                        "no cluster is configured for the data directory '"
                                + context.dataDirectory().orElse(path) + "'",
                        "Name the cluster with --cluster, or set data-directory in its configuration."));
        OpenRepositories repositories = new OpenRepositories(context.spool(), System.err);
        List<PushTarget> targets = targets(repositories, context, cluster);
        PushRequest request = new PushRequest(file, path, control);
        Pusher pusher = new Pusher(context, cluster, targets, observer);
        if (targets.size() == 1 && targets.getFirst().opening() instanceof OpenedOnce only) {
            only.begin(control.system());
        }
        boolean abandoned;
        // %p stands for pg_wal/NAME: a file pushed by hand is never dropped.
        boolean isOfServer = arguments.files().getFirst().startsWith("pg_wal/");
        boolean mayBeGivenUp = context.configuration().host().dropWalBelowBytes() > 0 && isOfServer;
        if (!mayBeGivenUp) {
            abandoned = pusher.push(request);
        } else {
            Optional<Boolean> pushed = new FullWalDisk(context, cluster, request, Clock.systemUTC()).push(pusher);
            if (pushed.isEmpty()) {
                return WalMain.DELIVERED;
            }
            abandoned = pushed.get();
        }
        if (isOfServer && file instanceof WalFile.Segment segment) {
            new JavaStarts(context.spool(), cluster).add(segment);
        }
        abandoned |= pushInherited(context, cluster, targets, request, pusher);
        String asked = environment.variables().get(ToldCall.FILE);
        if (asked != null && !asked.isEmpty()) {
            // The resident archiver does the rest, and PostgreSQL need not wait for it.
            ToldCall.tell(Path.of(asked), arguments, environment);
        } else if (!abandoned && file instanceof WalFile.Segment segment && SegmentsAhead.mayBeReady(path, call)) {
            abandoned = SegmentsAhead.push(arguments, call, context, segment, request, pusher);
        }
        // Not closed: the process ends now, and closing a store may wait for a hanging thread.
        if (!abandoned) {
            repositories.close();
        }
        return WalMain.DELIVERED;
    }

    /** Runs with the history of this server's timeline, or later if that was not archived. */
    private static boolean pushInherited(
            WalContext context, ClusterName cluster, List<PushTarget> targets, PushRequest pushed, Pusher pusher)
            throws IOException {
        Timeline timeline = pushed.file().timeline();
        if (timeline.equals(Timeline.FIRST) || pushed.file() instanceof WalFile.BackupHistoryFile) {
            return false;
        }
        GivenUpNotes notes =
                GivenUpNotes.of(context.spool(), cluster, pushed.origin().system());
        TimelineHistoryFile history = new TimelineHistoryFile(timeline);
        Path path = pushed.path().resolveSibling(history.name());
        boolean isLate = notes.hasHistory(timeline);
        boolean abandoned = false;
        if (pushed.file().equals(history) || (isLate && path.toFile().exists())) {
            abandoned =
                    InheritedSegments.push(context, targets, new PushRequest(history, path, pushed.origin()), pusher);
        }
        if (isLate) {
            notes.forgetHistories(timeline);
        }
        return abandoned;
    }

    static List<PushTarget> targets(OpenRepositories repositories, WalContext context, ClusterName cluster) {
        return context.repositories().stream()
                .map(settings -> new PushTarget(
                        settings.name(),
                        settings.encoding(),
                        settings.url().toString(),
                        new OpenedOnce(system -> archive(repositories, settings, cluster, system)),
                        () -> repositories.rememberedId(settings)))
                .toList();
    }

    /** Opens an archive once for all files of this process; a failure is not kept. Thread-safe. */
    private static final class OpenedOnce implements PushTarget.Opening {
        private final PushTarget.Opening opening;
        private @Nullable ClusterArchive archive;
        private @Nullable Future<ClusterArchive> begun;

        OpenedOnce(PushTarget.Opening opening) {
            this.opening = opening;
        }

        /** Opens it in a thread of its own, so that the store answers while the file is read and encoded. */
        synchronized void begin(SystemIdentifier system) {
            FutureTask<ClusterArchive> task = new FutureTask<>(() -> opening.open(system));
            Thread thread = new Thread(task, "opening");
            thread.setDaemon(true);
            thread.start();
            begun = task;
        }

        @Override
        public synchronized ClusterArchive open(SystemIdentifier system) throws IOException {
            ClusterArchive known = archive;
            if (known == null || known.identity().system().value() != system.value()) {
                Future<ClusterArchive> task = begun;
                begun = null;
                known = task == null ? opening.open(system) : resultOf(task);
                archive = known;
            }
            return known;
        }

        private static ClusterArchive resultOf(Future<ClusterArchive> task) throws IOException {
            try {
                return task.get();
            } catch (ExecutionException e) {
                Throwable cause = e.getCause();
                if (cause instanceof IOException problem) {
                    throw problem;
                }
                if (cause instanceof RuntimeException problem) {
                    throw problem;
                }
                throw new IllegalStateException(cause);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted while the repository was opened");
            }
        }
    }

    /** Pushes a file to the repositories of a cluster. */
    record Pusher(WalContext context, ClusterName cluster, List<PushTarget> targets, PushObserver observer) {
        /** Returns whether threads are left that still wait for a store. */
        boolean push(PushRequest request) throws IOException {
            long begun = System.nanoTime();
            boolean abandoned = false;
            if (targets.size() == 1) {
                new WalPusher(targets.getFirst(), context.spool(), Clock.systemUTC()).push(request);
            } else {
                abandoned = SeveralRepositories.push(context, cluster, targets, request, observer)
                        .abandoned();
            }
            observer.archived(request, Duration.ofNanos(System.nanoTime() - begun));
            return abandoned;
        }
    }

    /** Prints for PostgreSQL's log, where what goes well does not belong. Immutable. */
    private static class Printed implements PushObserver {
        @Override
        public void archived(PushRequest file, Duration took) {}

        @Override
        public void say(String message) {
            System.err.println(message);
        }

        @Override
        public void warn(String message, String hint) {
            System.err.println("WARNING: " + message);
            System.err.println("HINT: " + hint);
        }
    }

    /** The same, with the log of this host, which takes what was printed at the end. Thread-safe. */
    private static final class Logged extends Printed {
        private final WalLog log;

        private Logged(WalLog log) {
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

    /**
     * PostgreSQL runs this in its data directory. A copied server on the same host, with the same archive_command,
     * would archive instead of the original, whose segments would then be refused. Directories are compared by
     * identity, not by spelling. If the configured one has no running server and ended on an earlier timeline, this
     * server has replaced it, by a restore or a promotion.
     */
    static void refuseACopy(Path configured, Path running, ControlFile control) {
        try {
            if (!Files.exists(running.resolve(ControlFile.PATH))
                    || !Files.exists(configured.resolve(ControlFile.PATH))
                    || Files.isSameFile(configured, running)) {
                return;
            }
            ControlFile other = ControlFile.read(configured);
            boolean hasTakenItsPlace = !Files.exists(configured.resolve("postmaster.pid"))
                    && other.checkpoint()
                                    .timeline()
                                    .compareTo(control.checkpoint().timeline())
                            < 0;
            if (other.system().value() != control.system().value() || hasTakenItsPlace) {
                return;
            }
        } catch (IOException e) {
            return; // unknown
        }
        throw new UserFacingException(
                ExitCode.WRONG_CLUSTER,
                "'" + running + "' is not the data directory of this cluster, which is '" + configured
                        + "' and has the same system identifier",
                "Is this a copy? Then set archive_mode = off in it. Was the other one promoted in its place? Then stop"
                        + " this server. Only if this one has replaced the other, set data-directory to '" + running
                        + "' in the configuration. To push one of its files by"
                        + " hand, call wal-push from another directory with the full path.");
    }

    private static ClusterArchive archive(
            OpenRepositories repositories, RepositorySettings settings, ClusterName cluster, SystemIdentifier system)
            throws IOException {
        return repositories
                .open(settings)
                .incarnation(cluster, system)
                .orElseThrow(() -> new UserFacingException(
                        ExitCode.WRONG_CLUSTER,
                        "system identifier " + system + " is not registered for cluster '" + cluster + "' in '"
                                + settings.name() + "'",
                        "Is this another cluster? Then give it a name and an archive of its own. If '" + cluster
                                + "' was created again by initdb or pg_upgrade, run: tidemark init --cluster " + cluster
                                + " --new-incarnation"));
    }

    /** For the message of the watchdog. */
    static String archiving(WalFile file) {
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
