// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.receive;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tidemark.archiver.receive.ReceiveOptions.FlushAfter;
import org.tidemark.archiver.receive.ReceiveOptions.Synchronous;
import org.tidemark.archiver.receive.ReceiveSpool.OpenSegment;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.WalFile.PartialSegment;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.PostgresException;
import org.tidemark.postgres.WalStream;
import org.tidemark.postgres.WalStream.Data;
import org.tidemark.postgres.WalStream.Keepalive;
import org.tidemark.postgres.WalStream.Message;
import org.tidemark.postgres.WalStream.Reply;
import org.tidemark.postgres.WalStream.TimelineEnd;

/**
 * Writes the WAL of one stream into segments of the spool, and tells the server how far it has come. Nothing is
 * reported as flushed before it is. Not thread-safe.
 */
final class TimelineReception implements AutoCloseable {
    /** How soon an interrupt, a failed delivery or newly archived WAL is noticed. */
    private static final Duration LOOK = Duration.ofMillis(200);

    /** A full message is followed by another one at once if the server has more. */
    private static final Duration SOON = Duration.ofMillis(1);

    /** An idle server answers the report that asks for it; one that does not is gone. */
    private static final Duration SILENCE = Duration.ofMinutes(1);

    /** While a server shuts down, it asks again as soon as it has an answer, until all WAL is flushed. */
    private static final int QUESTIONS_OF_A_SHUTDOWN = 20;

    private final ReceiveOptions options;
    private final ReceiveSpool spool;
    private final SegmentDelivery delivery;
    private final Optional<PieceDelivery> pieces;
    private final Segment first;
    private final WalSegmentSize size;
    private final Clock clock;
    private final WalReceiver.Observer observer;
    private Lsn written;
    /** In the spool. */
    private Lsn synced;

    private Lsn reported = new Lsn(0);
    private @Nullable OpenSegment open;
    private long lastReport = System.nanoTime();
    private long lastHeard = lastReport;
    private int questions;
    private boolean isSpoolFull;

    TimelineReception(
            ReceiveOptions options,
            ReceiveSpool spool,
            SegmentDelivery delivery,
            Optional<PieceDelivery> pieces,
            WalPosition from,
            WalSegmentSize size,
            Clock clock,
            WalReceiver.Observer observer) {
        this.options = options;
        this.spool = spool;
        this.delivery = delivery;
        this.pieces = pieces;
        this.first = from.segment(size);
        this.size = size;
        this.clock = clock;
        this.observer = observer;
        this.written = from.at();
        this.synced = from.at();
    }

    /** The position that is needed next: the start of the segment that is being written. */
    WalPosition next() {
        return open != null
                ? WalPosition.startOf(open.segment(), size)
                : WalPosition.ofSegmentWith(first.timeline(), written, size);
    }

    /**
     * Receives until the timeline ends; empty if the end position of the options was reached before.
     *
     * @throws InterruptedException if the thread is interrupted; what was received is durable then
     */
    Optional<TimelineEnd> run(WalStream stream) throws IOException, InterruptedException {
        report(stream, Reply.NOT_NEEDED);
        while (!isAtEnd()) {
            delivery.requireWorking();
            if (Thread.currentThread().isInterrupted()) {
                sync();
                throw new InterruptedException();
            }
            if (!hasRoom()) {
                boolean _ = delivery.awaitChange(LOOK);
                lastHeard = System.nanoTime();
                reportIfDue(stream);
                continue;
            }
            Optional<Message> message = stream.next(wait(stream));
            if (message.isPresent()) {
                lastHeard = System.nanoTime();
                if (message.get() instanceof TimelineEnd end) {
                    return Optional.of(end);
                }
                take(message.get(), stream);
            } else {
                if (options.synchronous() == Synchronous.YES && synced.isBefore(written)) {
                    report(stream, Reply.NOT_NEEDED);
                }
                requireHeard();
            }
            reportIfDue(stream);
        }
        report(stream, Reply.NOT_NEEDED);
        return Optional.empty();
    }

    private boolean isAtEnd() {
        return options.end().filter(end -> !written.isBefore(end)).isPresent();
    }

    private boolean hasRoom() {
        long waiting = delivery.waitingBytes();
        boolean full = waiting >= options.spoolLimitBytes();
        if (full && !isSpoolFull) {
            observer.spoolFull(waiting);
        } else if (!full && isSpoolFull) {
            observer.spoolHasRoom();
        }
        isSpoolFull = full;
        return !full;
    }

    private Duration wait(WalStream stream) {
        boolean flushesSoon = options.synchronous() == Synchronous.YES && synced.isBefore(written);
        return flushesSoon && !stream.hasMore() ? SOON : LOOK;
    }

    private void requireHeard() {
        long silence = System.nanoTime() - lastHeard;
        if (silence > SILENCE.plus(options.statusInterval()).toNanos()) {
            throw new PostgresException(
                    ExitCode.TIMED_OUT,
                    "the server has sent nothing for "
                            + Duration.ofNanos(silence).toSeconds() + " s; WAL was received up to " + written,
                    "Is the network path alive? A server without new WAL still answers the reports of a receiver.",
                    null,
                    null);
        }
    }

    private void take(Message message, WalStream stream) throws IOException {
        switch (message) {
            case Data data -> {
                questions = 0;
                append(data, stream);
            }
            case Keepalive keepalive -> {
                if (keepalive.replyRequested()) {
                    report(stream, Reply.NOT_NEEDED);
                    leaveShutdown(keepalive);
                }
            }
            case TimelineEnd _ -> throw new IllegalStateException("taken before");
        }
    }

    /**
     * A server that shuts down waits until all WAL is flushed. Where that means that repositories hold it, it may take
     * long: the connection must end, or the server would not end.
     */
    private void leaveShutdown(Keepalive keepalive) {
        questions++;
        if (options.flushAfter() == FlushAfter.REPOSITORY
                && questions >= QUESTIONS_OF_A_SHUTDOWN
                && !written.isBefore(keepalive.end())) {
            throw new PostgresException(
                    ExitCode.POSTGRES_UNAVAILABLE,
                    "the server is shutting down, and the repositories do not hold its WAL up to " + written + " yet",
                    "Nothing has to be done: receiving continues when the server is back.",
                    null,
                    null);
        }
    }

    private void append(Data data, WalStream stream) throws IOException {
        if (!data.start().equals(written)) {
            throw new PostgresException(
                    ExitCode.POSTGRES_UNAVAILABLE,
                    "the server sent WAL from " + data.start() + " on, where WAL from " + written + " on was next",
                    "Is there a proxy or connection pooler in between? Connect to the server itself.",
                    null,
                    null);
        }
        ByteBuffer content = data.content();
        while (content.hasRemaining()) {
            OpenSegment segment = open;
            if (segment == null) {
                segment = spool.open(next().segment(size));
                open = segment;
                if (pieces.isPresent()) {
                    pieces.get().begin(segment.segment(), segment.file());
                }
            }
            int before = content.remaining();
            segment.append(content);
            written = written.plus(before - content.remaining());
            int bytes = segment.written();
            pieces.ifPresent(each -> each.written(bytes));
            if (segment.isFull()) {
                delivery.add(List.of(segment.complete()));
                open = null;
                synced = written;
                report(stream, Reply.NOT_NEEDED);
            }
        }
    }

    private void sync() throws IOException {
        if (open != null) {
            open.sync();
        }
        synced = written;
    }

    private void reportIfDue(WalStream stream) throws IOException {
        boolean isDue =
                System.nanoTime() - lastReport >= options.statusInterval().toNanos();
        boolean isArchived =
                options.flushAfter() == FlushAfter.REPOSITORY && archived().isAfter(reported);
        if (isDue || isArchived) {
            report(stream, isDue ? Reply.WANTED : Reply.NOT_NEEDED);
        }
    }

    /** Flushes, then reports. */
    private void report(WalStream stream, Reply reply) throws IOException {
        sync();
        reported = switch (options.flushAfter()) {
            case SPOOL -> synced;
            case REPOSITORY -> {
                Lsn archived = archived();
                yield archived.isAfter(reported) ? archived : reported;
            }
        };
        stream.report(written, options.reportsFlush() ? reported : new Lsn(0), clock.instant(), reply);
        lastReport = System.nanoTime();
    }

    private Lsn archived() {
        Lsn archived = delivery.archivedUpTo(next().at());
        return pieces.map(each -> each.storedFrom(archived, first.timeline())).orElse(archived);
    }

    /** The timeline has ended: what was received of its last segment is complete. */
    Optional<PartialSegment> cutOff() throws IOException {
        OpenSegment segment = open;
        open = null;
        return segment == null ? Optional.empty() : segment.cutOff();
    }

    @Override
    public void close() throws IOException {
        if (open != null) {
            open.close();
        }
    }
}
