// SPDX-License-Identifier: Apache-2.0
package org.tidemark.wal.ahead;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.tidemark.archiver.ahead.CallIdentity;
import org.tidemark.archiver.ahead.OnDemandPush;
import org.tidemark.archiver.ahead.Station;
import org.tidemark.archiver.ahead.SteadyPush;
import org.tidemark.archiver.ahead.UnusedNotes;
import org.tidemark.archiver.push.WalPusher.PushRequest;
import org.tidemark.archiver.queue.GivenUpNotes;
import org.tidemark.config.SpoolDirectory;
import org.tidemark.config.repository.OpenRepositories;
import org.tidemark.core.ClusterName;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.postgres.ArchiveStatus;
import org.tidemark.wal.call.DecidingFiles;
import org.tidemark.wal.call.WalContext;
import org.tidemark.wal.notices.RepeatedNotices;
import org.tidemark.wal.push.PushObserver;

/**
 * The process of a wal-push that has archived its segment while others wait: it stays, and archives what PostgreSQL is
 * going to hand over (docs/adr/0061-one-process-ahead.md). It serves that one call, and ends as soon as anything
 * changes: the next wal-push that starts Java finds out what is so, and tells it.
 */
public final class OnDemandArchiver {
    /** What decides about a call, in the launcher's words; it is not set for a call by hand. */
    private static final String CALL = "TIDEMARK_CALL";

    /** Without a segment for so long, it ends. */
    private static final Duration IDLE = Duration.ofMinutes(2);
    /** Files that the configuration names, such as those of keys, are read by a new process after this time. */
    private static final Duration LASTING = Duration.ofMinutes(10);

    private static final Duration TURN = Duration.ofMillis(300);
    /** For what is under way at the end. */
    private static final Duration TO_FINISH = Duration.ofSeconds(10);
    /** The same once the server has ended: its directory may be on a disk that is to be unmounted. */
    private static final Duration TO_LEAVE = Duration.ofSeconds(1);

    private final WalContext context;
    private final Station station;
    private final DecidingFiles deciding;
    private final SteadyPush push;
    private final OpenRepositories repositories;
    private final AtomicInteger abandoned;

    private OnDemandArchiver(
            WalContext context,
            Station station,
            DecidingFiles deciding,
            SteadyPush push,
            OpenRepositories repositories,
            AtomicInteger abandoned) {
        this.context = context;
        this.station = station;
        this.deciding = deciding;
        this.push = push;
        this.repositories = repositories;
        this.abandoned = abandoned;
    }

    /**
     * Takes the work for the server that has called, if nothing is in the way. What is ready is begun at once; that
     * more than one file is ready, the launcher has seen.
     *
     * @param since before the configuration was read
     * @param pushed what the call has archived
     * @param repositories of the call; closed at the end
     * @param observer of the call
     * @param later is told what becomes of the segments from now on, by several threads; it is made with the file whose
     *     lines the next calls of the launcher print
     */
    public static Optional<OnDemandArchiver> begin(
            WalContext context,
            Instant since,
            PushRequest pushed,
            OpenRepositories repositories,
            PushObserver observer,
            Function<Path, PushObserver> later) {
        try {
            return open(context, since, pushed, repositories, observer, later);
        } catch (IOException e) {
            return Optional.empty(); // the next segment is archived when PostgreSQL hands it over
        }
    }

    private static Optional<OnDemandArchiver> open(
            WalContext context,
            Instant since,
            PushRequest pushed,
            OpenRepositories repositories,
            PushObserver observer,
            Function<Path, PushObserver> later)
            throws IOException {
        String line = context.environment().variables().get(CALL);
        Path walDirectory = pushed.path().toAbsolutePath().getParent();
        int most = context.configuration().host().pushAhead();
        if (line == null
                || walDirectory == null
                || most == 0
                || context.cluster().isEmpty()
                || !(pushed.file() instanceof Segment segment)) {
            return Optional.empty();
        }
        ClusterName cluster = context.cluster().get();
        Path dataDirectory = walDirectory.resolveSibling(".").normalize();
        Path root = SpoolDirectory.archived(context.spool(), context.dataDirectory(), context.environment());
        Optional<Station> station = Station.of(root, dataDirectory);
        Optional<DecidingFiles> deciding = DecidingFiles.of(context);
        if (station.isEmpty() || deciding.isEmpty()) {
            return Optional.empty();
        }
        Optional<CallIdentity> identity = deciding.get().identity(line, context, since);
        if (identity.isEmpty()) {
            return Optional.empty();
        }
        AtomicInteger abandoned = new AtomicInteger();
        Optional<SteadyPush> push =
                GivenUpNotes.of(context.spool(), cluster, pushed.origin().system())
                                .hasHistory(segment.timeline())
                        ? Optional.empty() // the next wal-push also archives what came with it
                        : new OnDemandPush(
                                        station.get(),
                                        identity.get(),
                                        context.environment().variables())
                                .after(
                                        segment,
                                        pushed.origin().walSegmentSize(),
                                        most,
                                        messages -> new LastingPushes(
                                                context, cluster, repositories, later.apply(messages), abandoned),
                                        context.clock());
        new AheadNotices(RepeatedNotices.in(context.spool(), context.clock()), cluster, observer)
                .tell(push.isEmpty() ? UnusedNotes.of(root, dataDirectory) : Optional.empty());
        return push.map(
                begun -> new OnDemandArchiver(context, station.get(), deciding.get(), begun, repositories, abandoned));
    }

    /** Works until nothing is left to do for a while, or anything has changed. */
    public void run() throws InterruptedException {
        long begun = System.nanoTime();
        long busy = begun;
        long looked = begun;
        ArchiveStatus marks = ArchiveStatus.of(station.dataDirectory().resolve("pg_wal"));
        try (MarkWatch watch = new MarkWatch(marks.directory())) {
            while (push.failure().isEmpty() && abandoned.get() == 0) {
                long now = System.nanoTime();
                if (push.look(context.clock()) > 0 || push.isWorking()) {
                    busy = now;
                }
                if (now - looked > TURN.toNanos()) {
                    looked = now;
                    boolean isOver = now - busy > IDLE.toNanos() || now - begun > LASTING.toNanos();
                    if (isOver || !goesOn()) {
                        break;
                    }
                }
                watch.await(TURN);
            }
        } catch (IOException e) {
            // The next wal-push that starts Java tells what is wrong.
        } finally {
            end();
        }
    }

    /**
     * Whether the server, its call and the configuration are those of the beginning, calls use the notes, and nothing
     * hangs.
     */
    private boolean goesOn() throws IOException {
        return !push.interruptOlderThan(context.configuration().host().pushTimeout())
                && station.lasts()
                && station.isServedByThisProcess()
                && UnusedNotes.of(station.root(), station.dataDirectory()).isEmpty()
                && DecidingFiles.of(context).equals(Optional.of(deciding));
    }

    private void end() throws InterruptedException {
        boolean finished = push.finish(station.lasts() ? TO_FINISH : TO_LEAVE);
        try {
            push.close();
        } catch (IOException e) {
            // The launcher sees that this process has ended.
        }
        // Otherwise it ends with the process: closing a store may wait for a hanging thread.
        if (finished && abandoned.get() == 0) {
            repositories.close();
        }
    }
}
