// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.internal;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.postgres.WalStream;
import org.tidemark.postgres.internal.ProtocolSession.ResultRow;

/**
 * The messages of START_REPLICATION, as src/backend/replication/walsender.c sends them. Not thread-safe.
 *
 * @see <a href="https://www.postgresql.org/docs/current/protocol-replication.html">message formats</a>
 */
final class PhysicalWalStream implements WalStream {
    /** Within a message; between messages the caller says how long it waits. */
    private static final Duration LIMIT = Duration.ofMinutes(1);

    private static final Instant POSTGRES_EPOCH = Instant.parse("2000-01-01T00:00:00Z");
    private static final char WAL_DATA = 'w';
    private static final char KEEPALIVE = 'k';
    private static final char STANDBY_STATUS = 'r';
    private static final int TIME_BYTES = 8;
    /** MAX_SEND_SIZE of walsender.c. */
    private static final int USUAL_DATA_BYTES = 128 << 10;

    private final ProtocolSession session;
    private byte[] data = new byte[USUAL_DATA_BYTES];
    private @Nullable TimelineEnd end;
    private boolean isRefused;

    private PhysicalWalStream(ProtocolSession session) {
        this.session = session;
    }

    static PhysicalWalStream start(ProtocolSession session, Start start) {
        PhysicalWalStream stream = new PhysicalWalStream(session);
        session.await("WAL of timeline " + start.timeline() + " from " + start.from() + " on", LIMIT);
        session.send("START_REPLICATION "
                + start.slot()
                        .map(slot -> "SLOT " + PhysicalReplicationConnection.quoted(slot) + " ")
                        .orElse("")
                + "PHYSICAL " + start.from() + " TIMELINE " + start.timeline().id());
        char answer = session.next();
        if (answer == ProtocolSession.ROW_DESCRIPTION) {
            // The timeline ended at this very position: there is nothing to copy.
            stream.end = stream.readEnd();
        } else {
            session.require(answer, ProtocolSession.COPY_BOTH);
        }
        return stream;
    }

    @Override
    public Optional<Message> next(Duration wait) {
        if (end != null) {
            return Optional.of(end);
        }
        Optional<Character> type = session.poll(wait);
        return type.isEmpty()
                ? Optional.empty()
                : switch (type.get()) {
                    case ProtocolSession.COPY_DATA -> Optional.of(message());
                    case ProtocolSession.COPY_DONE -> Optional.of(endOfTimeline());
                    // WalSndDone(): a server that shuts down has sent everything.
                    case ProtocolSession.COMMAND_COMPLETE -> throw session.ended("the server is shutting down");
                    default -> {
                        isRefused = type.get() == ProtocolSession.ERROR;
                        session.require(type.get(), ProtocolSession.COPY_DATA);
                        throw session.unexpected(type.get());
                    }
                };
    }

    @Override
    public void stop() {
        if (end != null) {
            return;
        }
        session.await("the end of the WAL that is not needed", LIMIT);
        if (!isRefused) {
            session.send(ProtocolSession.COPY_DONE, new byte[0]);
        }
        // What is on its way, COPY_DONE, the next timeline of one that has ended, and COMMAND_COMPLETE.
        char type;
        do {
            type = session.next();
        } while (type != ProtocolSession.READY);
    }

    private Message message() {
        MessageReader reader = session.messages();
        char kind = (char) reader.readByte();
        Lsn position = new Lsn(reader.readLong());
        return switch (kind) {
            case WAL_DATA -> {
                reader.readLong(); // the end of the server's WAL
                reader.readBytes(TIME_BYTES);
                int length = reader.remaining();
                if (length > data.length) {
                    data = new byte[length];
                }
                reader.readFully(data, length);
                yield new Data(position, ByteBuffer.wrap(data, 0, length));
            }
            case KEEPALIVE -> {
                reader.readBytes(TIME_BYTES);
                yield new Keepalive(position, reader.readByte() != 0);
            }
            default -> throw session.violated("replication message '" + kind + "'");
        };
    }

    private TimelineEnd endOfTimeline() {
        session.send(ProtocolSession.COPY_DONE, new byte[0]);
        session.expect(ProtocolSession.ROW_DESCRIPTION);
        TimelineEnd read = readEnd();
        end = read;
        return read;
    }

    /** The row that names the next timeline, and the end of the command; the description of the row has been read. */
    private TimelineEnd readEnd() {
        List<ResultRow> rows = session.rows();
        session.expect(ProtocolSession.COMMAND_COMPLETE);
        session.expect(ProtocolSession.READY);
        try {
            ResultRow row = rows.getFirst();
            return new TimelineEnd(
                    new Timeline(Integer.parseInt(row.text(0).orElse(""))),
                    Lsn.parse(row.text(1).orElse("")));
        } catch (IllegalArgumentException | NoSuchElementException e) {
            throw session.violated("an end of a timeline without the next one: " + e.getMessage());
        }
    }

    @Override
    public boolean hasMore() {
        return session.messages().hasBuffered();
    }

    @Override
    public void report(Lsn written, Lsn flushed, Instant now, Reply reply) {
        if (end != null) {
            return;
        }
        session.send(
                ProtocolSession.COPY_DATA,
                ByteBuffer.allocate(1 + 4 * Long.BYTES + 1)
                        .put((byte) STANDBY_STATUS)
                        .putLong(written.value())
                        .putLong(flushed.value())
                        .putLong(0) // nothing is applied here
                        .putLong(ChronoUnit.MICROS.between(POSTGRES_EPOCH, now))
                        .put((byte) (reply == Reply.WANTED ? 1 : 0))
                        .array());
    }
}
