// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.wal.resident;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.tidemark.archiver.push.WalPusher.PushRequest;
import org.tidemark.archiver.queue.GivenUpNotes;
import org.tidemark.archiver.resident.CallIdentity;
import org.tidemark.archiver.resident.KnownCall;
import org.tidemark.archiver.resident.ResidentState;
import org.tidemark.archiver.resident.ResidentState.Archived;
import org.tidemark.archiver.resident.ResidentState.Trouble;
import org.tidemark.archiver.resident.Station;
import org.tidemark.archiver.resident.Station.Notes;
import org.tidemark.archiver.resident.SteadyPush;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.config.Environment;
import org.tidemark.config.repository.OpenRepositories;
import org.tidemark.core.ClusterName;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.operations.wal.call.DecidingFiles;
import org.tidemark.operations.wal.call.WalArguments;
import org.tidemark.operations.wal.call.WalContext;
import org.tidemark.operations.wal.push.PushObserver;
import org.tidemark.postgres.ArchiveStatus;
import org.tidemark.postgres.ControlFile;
import org.tidemark.postgres.RunningProcess;

/**
 * The resident archiver's work for one cluster: it follows the runs of the server, learns the call of each, and
 * archives what is ready with the configuration of that call. One thread runs it; the others only ask and stop it.
 */
final class ServedCluster implements Runnable {
    private static final Duration TURN = Duration.ofSeconds(1);
    /** Between two looks at what changes rarely. */
    private static final Duration LOOK = Duration.ofMillis(300);
    /** With many files in the directory of marks, a look at it is not free. */
    private static final Duration BUSY_PAUSE = Duration.ofMillis(100);

    private static final int MANY = 100;
    private static final Duration AFTER_FAILURE = Duration.ofSeconds(10);
    /** How long files are believed that the configuration names, such as those of passwords and keys. */
    private static final Duration LASTING = Duration.ofMinutes(10);

    private static final Duration AFTER_INTERRUPT = Duration.ofSeconds(30);
    /** Threads that wait for a store which hangs in the kernel. */
    private static final int MOST_ABANDONED = 100;
    /** Calls of archive_command that should have told their call. */
    private static final int SILENT_CALLS = 3;

    /** Changes of the call within a minute after which each call counts as another one. */
    private static final int MANY_CHANGES = 3;

    private static final Duration OF_CHANGES = Duration.ofMinutes(1);

    private static final String NO_SEGMENT = "000000000000000000000000";

    private final ClusterName cluster;
    private final Path dataDirectory;
    private final Path root;
    private final Environment environment;
    private final ResidentArchiver.Observer observer;
    private final PrintStream warnings;
    private final Clock clock;
    private final AtomicInteger abandoned = new AtomicInteger();

    private volatile boolean stopped;
    private volatile boolean reload;
    private volatile long lastTurn = System.nanoTime();
    private volatile boolean hung;

    private @Nullable Station station;
    private @Nullable Work work;
    private long lastLook;
    private long retryAt = System.nanoTime();
    private @Nullable SilentCalls calls;
    private @Nullable KnownCall lastCall;
    /** When the call was another one than before. */
    private final Deque<Long> changes = new ArrayDeque<>();

    private Instant since = Instant.EPOCH;
    private Optional<Archived> last = Optional.empty();
    /** Why the archiver is idle; since when is kept while one reason follows another. */
    private Optional<Trouble> trouble = Optional.empty();
    /** Whether archiving has failed, and has not been seen to work since. */
    private boolean failing;

    /** What is done for one call and one version of the configuration. */
    private record Work(
            WalContext context,
            KnownCall call,
            DecidingFiles deciding,
            OpenRepositories repositories,
            SteadyPush push,
            Instant since) {}

    /** @param root {@code v1/archived} of a spool that the launcher looks at */
    ServedCluster(
            ClusterName cluster,
            Path dataDirectory,
            Path root,
            Environment environment,
            ResidentArchiver.Observer observer,
            PrintStream warnings,
            Clock clock) {
        this.cluster = cluster;
        this.dataDirectory = dataDirectory;
        this.root = root;
        this.environment = new Environment(
                environment.variables(), dataDirectory.toAbsolutePath(), environment.home(), environment.root());
        this.observer = observer;
        this.warnings = warnings;
        this.clock = clock;
    }

    /** Reads the configuration again. */
    void reload() {
        reload = true;
    }

    void stop() {
        stopped = true;
    }

    /** How long ago the last turn began, of which there is at least one a second. */
    Duration sinceLastTurn() {
        return Duration.ofNanos(System.nanoTime() - lastTurn);
    }

    /** Whether threads hang that nothing but the end of the process can end. */
    boolean isHung() {
        return hung;
    }

    @Override
    public void run() {
        try (MarkWatch watch = new MarkWatch(marks().directory(), this::warnOfWatches)) {
            while (!stopped) {
                lastTurn = System.nanoTime();
                int ready = turn();
                watch.await(TURN);
                if (ready > MANY) {
                    Thread.sleep(BUSY_PAUSE);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            leave();
        }
    }

    private ArchiveStatus marks() {
        return ArchiveStatus.of(dataDirectory.resolve("pg_wal"));
    }

    private void warnOfWatches(IOException why) {
        observer.warn(
                cluster,
                "watch",
                "inotify is not available for cluster '" + cluster + "' (" + why.getMessage()
                        + "); polling archive_status ten times a second",
                "Nothing is lost. See how many watches the user of PostgreSQL may have with: sysctl"
                        + " fs.inotify.max_user_instances fs.inotify.max_user_watches");
    }

    /** Returns how many files are ready. */
    private int turn() {
        try {
            if (System.nanoTime() - lastLook > LOOK.toNanos()) {
                lastLook = System.nanoTime();
                try {
                    follow();
                } finally {
                    tell();
                }
            }
            Work present = work;
            if (present == null) {
                return 0;
            }
            int ready = present.push().look(clock);
            present.push()
                    .failure()
                    .ifPresent(failure -> failed(failure.segment().name(), failure.problem()));
            // Trying again is no success: nothing is in order before a segment is archived, or none waits any more.
            if (failing && work != null && (ready == 0 || present.push().last().isPresent())) {
                serve();
            }
            return ready;
        } catch (IOException | RuntimeException | Error e) {
            failed("", e);
            return 0;
        }
    }

    /** What others can see of this process. */
    private void tell() throws IOException {
        Station known = station;
        Work present = work;
        if (known == null) {
            return;
        }
        Optional<String> newest =
                present == null ? Optional.empty() : present.push().last().map(Segment::name);
        if (newest.isPresent() && !newest.equals(last.map(Archived::segment))) {
            last = Optional.of(new Archived(newest.get(), now()));
        }
        known.tell(new ResidentState(RunningProcess.self(), since, last, trouble), present != null);
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MILLIS);
    }

    /** Tells that segments are archived ahead. */
    private void serve() {
        failing = false;
        trouble = Optional.empty();
        observer.works(cluster, "segments of cluster '" + cluster + "' are archived as soon as they are ready");
    }

    /** Tells why the archiver is idle. */
    private void warn(String subject, String message, String hint) {
        trouble = Optional.of(new Trouble(trouble.map(Trouble::since).orElseGet(this::now), message, hint));
        observer.warn(cluster, subject, message, hint);
    }

    private void failed(String segment, Throwable problem) {
        if (stopped) {
            return;
        }
        end();
        failing = true;
        retryAt = System.nanoTime() + AFTER_FAILURE.toNanos();
        UserFacingException known = problem instanceof UserFacingException told
                ? told
                : problem instanceof IOException io ? StorageErrors.explain(io) : null;
        String what = segment.isEmpty()
                ? "the archiver is idle for cluster '" + cluster + "'"
                : "'" + segment + "' of cluster '" + cluster + "' is left to wal-push";
        warn(
                "failure",
                what + ": " + (known == null ? problem : known.getMessage()),
                known == null ? "" : known.hint());
    }

    /** Follows the server, its call and the configuration. */
    private void follow() throws IOException {
        Station known = station;
        if (known != null && !known.lasts()) {
            leave();
            observer.say("the server of cluster '" + cluster + "' has ended, or was promoted");
        }
        if (station == null) {
            station = Station.of(root, dataDirectory).orElse(null);
            if (station == null) {
                return;
            }
            since = now();
            last = Optional.empty();
            trouble = Optional.empty();
            failing = false;
            calls = new SilentCalls(marks());
        }
        if (work != null && isOutdated(work)) {
            end();
        }
        if (work == null && System.nanoTime() - retryAt > 0) {
            work = begin(station);
        }
        if (work != null
                && work.push()
                        .interruptOlderThan(
                                work.context().configuration().host().pushTimeout())) {
            Duration longest =
                    work.context().configuration().host().pushTimeout().plus(AFTER_INTERRUPT);
            hung |= work.push().interruptOlderThan(longest);
        }
        hung |= abandoned.get() > MOST_ABANDONED;
    }

    private boolean isOutdated(Work present) throws IOException {
        Station known = station;
        boolean again = reload || present.since().plus(LASTING).isBefore(clock.instant());
        reload = false;
        return again
                || known == null
                || !known.call().equals(Optional.of(present.call()))
                || !DecidingFiles.of(present.context()).equals(Optional.of(present.deciding()));
    }

    private @Nullable Work begin(Station known) throws IOException {
        Optional<KnownCall> call = known.call();
        if (call.isEmpty() || !call.get().line().startsWith(known.server().boot() + " ")) {
            warnOfSilence(known);
            return null;
        }
        Set<String> changed = changed(call.get());
        if (changes.size() >= MANY_CHANGES) {
            retryAt = System.nanoTime() + AFTER_FAILURE.toNanos();
            warn(
                    "changes",
                    "the archiver is idle for cluster '" + cluster + "': archive_command runs with a different "
                            + (changed.isEmpty() ? "variable or argument" : String.join(", ", changed))
                            + " for each segment",
                    "Use the same arguments and values for each call, or set them in the configuration instead.");
            return null;
        }
        Set<String> differences = call.get().differences(environment.variables());
        if (!differences.isEmpty()) {
            retryAt = System.nanoTime() + AFTER_FAILURE.toNanos();
            warn(
                    "variables",
                    "the archiver is idle for cluster '" + cluster + "': " + String.join(", ", differences)
                            + (differences.size() == 1 ? " differs" : " differ")
                            + " between its environment and archive_command's",
                    "Start the archiver with the same variables, or set them in the configuration instead.");
            return null;
        }
        Instant begun = clock.instant();
        List<String> words = new ArrayList<>(List.of("wal-push", "pg_wal/" + NO_SEGMENT));
        words.addAll(call.get().options());
        WalArguments arguments = WalArguments.parse(words.toArray(String[]::new));
        WalContext context = WalContext.of(arguments, environment, dataDirectory, clock);
        ControlFile control = ControlFile.read(dataDirectory);
        context.refuseACopy(dataDirectory, control);
        int most = context.configuration().host().pushAhead();
        Optional<DecidingFiles> deciding = DecidingFiles.of(context);
        Optional<CallIdentity> identity = identity(call.get(), deciding, context, begun);
        if (most == 0) {
            warn(
                    "nothing",
                    "the archiver is idle for cluster '" + cluster + "': host.push-ahead is 0",
                    "Set host.push-ahead to more than 0 in the configuration, or stop the archiver.");
            return null;
        }
        if (context.cluster().isEmpty() || deciding.isEmpty() || identity.isEmpty() || !known.lasts()) {
            return null; // a configuration that has just been written is waited for
        }
        if (GivenUpNotes.of(context.spool(), context.cluster().get(), control.system())
                .hasHistory(control.checkpoint().timeline())) {
            return null; // wal-push also archives what came with it
        }
        Optional<Notes> notes = known.open(identity.get());
        if (notes.isEmpty()) {
            warn(
                    "lock",
                    "the archiver is idle for cluster '" + cluster + "': another process archives ahead, or the file"
                            + " system of '" + root + "' keeps times without fractions of a second",
                    "Run only one archiver for a cluster. If no other one runs, put the spool on another file system.");
            return null;
        }
        if (!identity.equals(identity(call.get(), DecidingFiles.of(context), context, begun))) {
            notes.get().close();
            return null;
        }
        OpenRepositories repositories = new OpenRepositories(context.spool(), warnings);
        SteadyPush push = new SteadyPush(
                dataDirectory.resolve("pg_wal"),
                control.walSegmentSize(),
                new LastingPushes(
                        context,
                        context.cluster().get(),
                        repositories,
                        told(context.cluster().get()),
                        abandoned),
                notes.get(),
                most,
                Optional.empty());
        if (!failing) {
            serve();
        }
        return new Work(context, call.get(), deciding.get(), repositories, push, begun);
    }

    private static Optional<CallIdentity> identity(
            KnownCall call, Optional<DecidingFiles> deciding, WalContext context, Instant begun) throws IOException {
        return deciding.isEmpty() ? Optional.empty() : deciding.get().identity(call.line(), context, begun);
    }

    /** Notes whether the call is another one than before, and names the variables that differ. */
    private Set<String> changed(KnownCall call) {
        KnownCall before = lastCall;
        Set<String> changed = Set.of();
        if (before != null && !before.equals(call)) {
            changes.add(System.nanoTime());
            changed = before.differences(call);
        }
        lastCall = call;
        changes.removeIf(at -> System.nanoTime() - at > OF_CHANGES.toNanos());
        return changed;
    }

    private PushObserver told(ClusterName name) {
        return new PushObserver() {
            @Override
            public void archived(PushRequest file, Duration took) {
                observer.archived(name, file.file().name(), file.path().toFile().length(), took);
            }

            @Override
            public void say(String message) {
                observer.say(message);
            }

            @Override
            public void warn(String message, String hint) {
                observer.warn(name, message, hint);
            }
        };
    }

    private void warnOfSilence(Station known) {
        if (known.server().recovers(dataDirectory)) {
            calls = new SilentCalls(marks()); // it marks what it receives, and calls nobody
        }
        if (calls != null && calls.count() >= SILENT_CALLS) {
            warn(
                    "call",
                    "the archiver is idle for cluster '" + cluster
                            + "': PostgreSQL has archived files, but no wal-push has told this process its options",
                    "archive_command must call 'tidemark wal-push %p', as the same user and with the same spool as"
                            + " the archiver. See docs/operating/archiver.md.");
        }
    }

    /** Notes nothing more for the present call. What is under way ends by itself. */
    private void end() {
        Work present = work;
        work = null;
        if (present == null) {
            return;
        }
        try {
            present.push().close();
        } catch (IOException e) {
            // The launcher sees that this process does not answer.
        }
        closeWhenIdle(present);
    }

    private void closeWhenIdle(Work ended) {
        if (abandoned.get() > 0) {
            return; // closing a store may wait for a hanging thread
        }
        Thread thread = new Thread(
                () -> {
                    try {
                        if (ended.push().finish(AFTER_INTERRUPT)) {
                            ended.repositories().close();
                        }
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                },
                "close");
        thread.setDaemon(true);
        thread.start();
    }

    private void leave() {
        Station known = station;
        Work present = work;
        station = null;
        try {
            if (present != null && stopped) {
                boolean ended = present.push().finish(ResidentArchiver.TO_FINISH);
                if (!ended) {
                    observer.say(
                            "segments still in progress for cluster '" + cluster + "' will be archived by wal-push");
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        end();
        if (known != null) {
            try {
                known.leave();
            } catch (IOException e) {
                // wal-push tells its call in vain, which costs it one file.
            }
        }
    }
}
