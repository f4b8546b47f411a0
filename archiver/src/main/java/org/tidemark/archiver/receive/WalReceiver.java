// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.receive;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tidemark.archiver.WalOrigin;
import org.tidemark.archiver.push.WalPusher;
import org.tidemark.archiver.push.WalPusher.PushReport;
import org.tidemark.archiver.receive.StartPlan.Start;
import org.tidemark.core.ExitCode;
import org.tidemark.core.FileProblem;
import org.tidemark.core.Lsn;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.PartialSegment;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalFile.TimelineHistoryFile;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.PostgresException;
import org.tidemark.postgres.ReplicationConnection;
import org.tidemark.postgres.ReplicationConnection.SystemIdentity;
import org.tidemark.postgres.WalStream;
import org.tidemark.postgres.WalStream.SlotLife;

/**
 * Receives the WAL of one cluster: connects, follows its timelines, and connects again when the connection is lost.
 * What is received is in the spool until it is archived. Not thread-safe.
 */
public final class WalReceiver {
    /** Each attempt receives the segment that is not complete once more. */
    private static final Duration UNTIL_ROOM = Duration.ofSeconds(5);

    private final ReceiveOptions options;
    private final Server server;
    private final Archives archives;
    private final WalPusher pusher;
    private final PieceDelivery.Into pieces;
    private final ReceiveSpool.Claim claim;
    private final Clock clock;
    private final Observer observer;
    private final ServerRefusals refusals;
    private boolean skipsMissing;
    private @Nullable Known known;
    /** The position that is needed next, once something was received. */
    private @Nullable WalPosition reached;

    /** The server that sends the WAL. */
    public interface Server {
        /** Logs in; the caller closes the connection. */
        ReplicationConnection connect();

        /** Reads a slot by SQL; empty if there is no slot, or SQL cannot be used. */
        Optional<Slot> slotBySql(String slot);
    }

    /**
     * A replication slot.
     *
     * @param start from where on it keeps WAL; empty if it keeps none
     * @param isLost whether the server has given it up: some versions still stream by it, but keep nothing
     */
    public record Slot(Optional<Lsn> start, boolean isLost) {}

    /** The repositories. */
    @FunctionalInterface
    public interface Archives {
        /**
         * The position that the repositories need next; empty if they hold no WAL of the path.
         *
         * @param held what this host needs next by its spool
         * @throws UserFacingException with WRONG_CLUSTER if this cluster is not registered
         */
        Optional<WalPosition> next(WalOrigin origin, StartPlan plan, Optional<WalPosition> held) throws IOException;
    }

    /** Follows the receiver. Two threads call it. */
    public interface Observer {
        /** Tells that as many repositories as must hold the file do. */
        void archived(WalFile file, PushReport report);

        /** It is tried again. */
        void notArchived(WalFile file, UserFacingException problem);

        /**
         * Tells that a segment is put aside: what was received of it before its timeline was abandoned is not valid
         * WAL.
         */
        void putAside(PartialSegment file, UserFacingException problem);

        void receiving(WalPosition from);

        void timelineEnded(Timeline ended, Lsn at, Timeline next);

        /** More WAL of a timeline was received than the server has, since another one wrote it: it is archived. */
        void receivedMore(Timeline ended, Lsn at, Lsn received);

        /** It is tried again after a pause. */
        void interrupted(UserFacingException problem, Duration pause);

        /** The disk of the spool is full, so the connection has ended. It is tried again after a pause. */
        void diskFull(UserFacingException problem, Duration pause);

        /** No WAL is read from the server until segments in the spool are archived. */
        void spoolFull(long waitingBytes);

        void spoolHasRoom();

        /** The repositories do not answer; the spool alone says where to start. */
        void startsBySpool(UserFacingException problem);

        void skipped(WalPosition missing);

        /** A piece of the segment that is being received is not in a repository, and is tried again. */
        void pieceNotStored(String repository, UserFacingException problem);
    }

    /**
     * The facts from the first connection; later connections must lead to the same cluster.
     *
     * @param histories those that were handed to the delivery
     */
    private record Known(
            WalOrigin origin,
            ReceiveSpool spool,
            SegmentDelivery delivery,
            Optional<PieceDelivery> pieces,
            Set<TimelineHistoryFile> histories) {}

    /**
     * A receiver.
     *
     * @param claim of the cluster; not closed
     * @param pusher used by one thread of the receiver alone
     * @param pieces where pieces of the segment that is being received are stored, if the options say so
     */
    public WalReceiver(
            ReceiveOptions options,
            Server server,
            Archives archives,
            WalPusher pusher,
            PieceDelivery.Into pieces,
            ReceiveSpool.Claim claim,
            Clock clock,
            Observer observer) {
        this.options = options;
        this.server = server;
        this.archives = archives;
        this.pusher = pusher;
        this.pieces = pieces;
        this.claim = claim;
        this.clock = clock;
        this.observer = observer;
        this.refusals = new ServerRefusals(options.slot());
        this.skipsMissing = options.missing() == ReceiveOptions.Missing.SKIP;
    }

    /**
     * Receives until the end position of the options. All files that are complete by then are archived on return.
     *
     * @throws UserFacingException with INTERRUPTED on an interrupt, and for everything that only an operator can mend
     * @throws IOException if the spool cannot be written; a full disk is waited for unless the options forbid it
     */
    public void run() throws IOException {
        GrowingPause pauses = new GrowingPause();
        try {
            while (true) {
                Duration pause;
                long begun = System.nanoTime();
                try {
                    receive();
                    return;
                } catch (PostgresException e) {
                    requireNotStopped(e);
                    UserFacingException problem = refusals.explain(e);
                    boolean isPassing = refusals.isPassing(e) || (known != null && ServerRefusals.isOfPassword(e));
                    if (!isPassing || options.reconnect() == ReceiveOptions.Reconnect.NO) {
                        throw problem;
                    }
                    if (System.nanoTime() - begun > GrowingPause.LONGEST.toNanos()) {
                        pauses.reset(); // it has worked
                    }
                    pause = pauses.take();
                    observer.interrupted(problem, pause);
                } catch (IOException e) {
                    requireNotStopped(e);
                    if (!FileProblem.isFull(e) || options.reconnect() == ReceiveOptions.Reconnect.NO) {
                        throw e;
                    }
                    pause = UNTIL_ROOM;
                    observer.diskFull(noRoom(e), pause);
                }
                pause(pause);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw stopped(e);
        } catch (IOException | UserFacingException e) {
            requireNotStopped(e); // an interrupt also ends what a thread does with a file or a store
            throw e;
        } finally {
            if (known != null) {
                known.pieces().ifPresent(PieceDelivery::close);
                known.delivery().close();
            }
        }
    }

    private UserFacingException noRoom(IOException problem) {
        return new UserFacingException(
                ExitCode.LOCAL_FILES,
                "there is no room for the WAL that is received in '" + claim.directory() + "': "
                        + FileProblem.of(problem),
                "Make room on this disk. Nothing that was reported as flushed is lost, and a slot keeps the rest on the"
                        + " server.",
                problem);
    }

    private static void requireNotStopped(Exception cause) {
        if (Thread.currentThread().isInterrupted()) {
            throw stopped(cause);
        }
    }

    private static UserFacingException stopped(Exception cause) {
        return new UserFacingException(
                ExitCode.INTERRUPTED,
                "stopped",
                "What was received and is not archived yet stays in the spool; the next start continues with it.",
                cause);
    }

    private void pause(Duration pause) throws InterruptedException {
        long end = System.nanoTime() + pause.toNanos();
        for (long left = pause.toNanos(); left > 0; left = end - System.nanoTime()) {
            Thread.sleep(Duration.ofNanos(Math.min(left, GrowingPause.FIRST.toNanos())));
            if (known != null) {
                known.delivery().requireWorking();
            }
        }
    }

    /** Receives by one connection until the end position is reached. */
    private void receive() throws IOException, InterruptedException {
        try (ReplicationConnection connection = server.connect()) {
            SystemIdentity identity = connection.identifySystem();
            Known cluster = known(connection, identity);
            if (options.slotLife() == SlotLife.TEMPORARY) {
                connection.createSlot(options.slot().orElseThrow(), SlotLife.TEMPORARY);
            }
            TimelineHistory path = path(connection, cluster, identity.timeline());
            new LastReceivedCheck(connection, cluster.spool(), clock).require(path, identity.flushed());
            WalPosition position = start(
                    connection,
                    cluster,
                    new StartPlan(path, identity.flushed(), cluster.origin().walSegmentSize()));
            Optional<WalPosition> next = Optional.of(position);
            while (next.isPresent()) {
                next = receive(connection, cluster, next.get());
            }
            awaitArchived(cluster.delivery());
        }
    }

    private Known known(ReplicationConnection connection, SystemIdentity identity) throws IOException {
        Known before = known;
        SystemIdentifier system = identity.system();
        if (before != null) {
            if (before.origin().system().value() != system.value()) {
                throw new UserFacingException(
                        ExitCode.WRONG_CLUSTER,
                        "the server has system identifier " + system + ", but WAL of "
                                + before.origin().system() + " was received until now",
                        "Another cluster is at the address of conninfo. See it with: tidemark config");
            }
            return before;
        }
        WalSegmentSize size = segmentSize(connection.show("wal_segment_size"));
        WalOrigin origin = new WalOrigin(system, connection.serverVersionNum() / 10_000, size, Optional.empty());
        ReceiveSpool spool = claim.of(system, size);
        Known fresh = new Known(
                origin,
                spool,
                new SegmentDelivery(pusher, spool, origin, observer),
                options.timeBetweenPieces().map(interval -> new PieceDelivery(pieces, origin, interval, observer)),
                new HashSet<>());
        known = fresh;
        // The history of a segment goes before it; older ones an expiry may have removed with their WAL.
        fresh.delivery()
                .add(spool.list().complete().stream()
                        .filter(file -> !(file instanceof TimelineHistoryFile))
                        .toList());
        return fresh;
    }

    /** Reads the size that SHOW prints: {@code 16MB}. */
    static WalSegmentSize segmentSize(String shown) {
        String number = shown.replaceFirst("[A-Za-z]+$", "");
        return switch (shown.substring(number.length())) {
            case "MB" -> new WalSegmentSize(Integer.parseInt(number) << 20);
            case "GB" -> new WalSegmentSize(Integer.parseInt(number) << 30);
            default -> throw new IllegalArgumentException("not a size of WAL segments: '" + shown + "'");
        };
    }

    /** The timeline path of a timeline, whose history is kept and archived. */
    private static TimelineHistory path(ReplicationConnection connection, Known cluster, Timeline timeline)
            throws IOException {
        if (timeline.equals(Timeline.FIRST)) {
            return TimelineHistory.root(timeline);
        }
        TimelineHistoryFile file = new TimelineHistoryFile(timeline);
        byte[] content = connection
                .timelineHistory(timeline)
                .orElseThrow(() -> new UserFacingException(
                        ExitCode.WAL_MISSING,
                        "the server writes timeline " + timeline + ", but does not have '" + file.name() + "'",
                        "Copy the file into pg_wal of the server, from another server of the cluster or from the"
                                + " archive: tidemark wal-fetch " + file.name() + " " + file.name()));
        TimelineHistory history;
        try {
            history = TimelineHistory.parse(timeline, new String(content, StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
            throw new UserFacingException(
                    ExitCode.WAL_REFUSED,
                    "the '" + file.name() + "' of the server is not a timeline history: " + e.getMessage(),
                    "Replace it in pg_wal of the server with an intact one, of another server of the cluster or of the"
                            + " archive: tidemark wal-fetch " + file.name() + " " + file.name(),
                    e);
        }
        cluster.spool().keep(file, content);
        if (cluster.histories().add(file)) {
            cluster.delivery().add(List.of(file));
        }
        return history;
    }

    private WalPosition start(ReplicationConnection connection, Known cluster, StartPlan plan) throws IOException {
        List<WalPosition> held = held(cluster, plan);
        boolean skips = skipsMissing && !held.isEmpty() && isRemoved(connection, plan, held);
        WalPosition position = switch (plan.start(skips ? List.of() : held, slotStart(connection))) {
            case Start.From from -> from.position();
            case Start.NotYet notYet ->
                throw new PostgresException(
                        ExitCode.POSTGRES_UNAVAILABLE,
                        "the server cannot send the WAL that is needed next: " + notYet.reason(),
                        "Is it a standby that lags, or an old primary? conninfo must name the server that"
                                + " writes: tidemark config",
                        null,
                        null);
        };
        if (skips) {
            observer.skipped(held.stream().max(WalPosition::compareTo).orElseThrow());
        }
        Segment segment = position.segment(plan.size());
        end(
                cluster,
                plan.path(),
                cluster.spool()
                        .endOthers(segment, other -> !skips && other.timeline().equals(segment.timeline())));
        plan.afterItsEnd(held)
                .ifPresent(received -> observer.receivedMore(
                        received.timeline(),
                        plan.path().endOf(received.timeline()).orElseThrow(),
                        received.at()));
        cluster.spool().forgetHistoriesBefore(position.timeline());
        return position;
    }

    private List<WalPosition> held(Known cluster, StartPlan plan) throws IOException {
        if (reached != null) {
            return List.of(reached);
        }
        List<WalPosition> held = new ArrayList<>();
        Optional<WalPosition> spooled = cluster.spool().list().next(plan.size());
        spooled.ifPresent(held::add);
        try {
            archives.next(cluster.origin(), plan, spooled).ifPresent(held::add);
        } catch (UserFacingException e) {
            if (spooled.isEmpty() || e.exitCode() == ExitCode.WRONG_CLUSTER) {
                throw e;
            }
            observer.startsBySpool(e);
        }
        return held;
    }

    /** Whether the server no longer has what is needed next. */
    private static boolean isRemoved(ReplicationConnection connection, StartPlan plan, List<WalPosition> held) {
        if (!(plan.start(held, Optional.empty()) instanceof Start.From from)) {
            return false;
        }
        WalStream stream = connection.startReplication(new WalStream.Start(
                Optional.empty(), from.position().timeline(), from.position().at()));
        boolean removed = false;
        try {
            stream.next(GrowingPause.FIRST);
        } catch (PostgresException e) {
            if (!ServerRefusals.isRemoved(e)) {
                throw e;
            }
            removed = true;
        }
        stream.stop();
        return removed;
    }

    private Optional<Lsn> slotStart(ReplicationConnection connection) {
        return options.slot()
                .filter(_ -> options.slotLife() == SlotLife.PERMANENT)
                .flatMap(slot -> connection.slotStart(slot).or(() -> slotStartBySql(slot)));
    }

    private Optional<Lsn> slotStartBySql(String name) {
        Optional<Slot> slot = server.slotBySql(name);
        if (slot.filter(Slot::isLost).isPresent()) {
            throw ServerRefusals.givenUp(name);
        }
        return slot.flatMap(Slot::start);
    }

    /** Receives from a position until the timeline ends; empty if the end position was reached before. */
    private Optional<WalPosition> receive(ReplicationConnection connection, Known cluster, WalPosition from)
            throws IOException, InterruptedException {
        WalSegmentSize size = cluster.origin().walSegmentSize();
        WalStream stream;
        Optional<WalStream.TimelineEnd> end;
        try (TimelineReception reception = new TimelineReception(
                options, cluster.spool(), cluster.delivery(), cluster.pieces(), from, size, clock, observer)) {
            stream = connection.startReplication(new WalStream.Start(options.slot(), from.timeline(), from.at()));
            observer.receiving(from);
            skipsMissing = false;
            try {
                end = reception.run(stream);
            } finally {
                reached = reception.next();
            }
            if (end.isEmpty()) {
                return Optional.empty();
            }
            observer.timelineEnded(from.timeline(), end.get().at(), end.get().next());
            TimelineHistory path = path(connection, cluster, end.get().next());
            end(cluster, path, reception.cutOff().stream().toList());
            reached = WalPosition.ofSegmentWith(end.get().next(), end.get().at(), size);
            // Where the timeline ended with a segment, another server may have sent something of the next one.
            end(cluster, path, cluster.spool().endOthers(reached.segment(size), _ -> false));
        }
        return Optional.of(reached);
    }

    /** Hands over the ends of timelines. Of an ancestor, more may have been received than the server has. */
    private void end(Known cluster, TimelineHistory path, List<PartialSegment> ends) throws IOException {
        for (PartialSegment each : ends) {
            Lsn received = cluster.spool().endOfRecords(each);
            path.endOf(each.timeline())
                    .filter(received::isAfter)
                    .ifPresent(end -> observer.receivedMore(each.timeline(), end, received));
        }
        cluster.delivery().add(ends);
    }

    private static void awaitArchived(SegmentDelivery delivery) throws InterruptedException {
        while (!delivery.awaitChange(GrowingPause.FIRST)) {
            delivery.requireWorking();
        }
    }
}
