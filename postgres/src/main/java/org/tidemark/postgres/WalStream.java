// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;

/**
 * WAL that a server sends while it is written. The stream ends with its connection, with its timeline, or when it is
 * stopped. Not thread-safe.
 *
 * @see <a href="https://www.postgresql.org/docs/current/protocol-replication.html">START_REPLICATION</a>
 */
public interface WalStream {
    /**
     * The next message; empty if none arrives within the time. After {@link TimelineEnd} there is no other.
     *
     * @throws PostgresException if the server ends the stream, or the connection is lost
     */
    Optional<Message> next(Duration wait);

    /** Whether at least the beginning of another message has arrived. */
    boolean hasMore();

    /**
     * Tells the server how far the WAL has come. A slot lets the server remove WAL before {@code flushed}, and a
     * synchronous commit waits for it.
     *
     * @param flushed 0/0 reports nothing
     */
    void report(Lsn written, Lsn flushed, Instant now, Reply reply);

    /**
     * Ends the stream, also after the server has refused to go on with it. The connection can be used again.
     *
     * @throws PostgresException if the connection is lost
     */
    void stop();

    /** Whether the server is to answer a report, with a {@link Keepalive}. */
    enum Reply {
        NOT_NEEDED,
        WANTED
    }

    /** A message of the server. */
    sealed interface Message {}

    /**
     * A part of the WAL, which may reach into the next segment.
     *
     * @param start the position of its first byte
     * @param content valid until the next message is read
     */
    record Data(Lsn start, ByteBuffer content) implements Message {}

    /**
     * Nothing new to send.
     *
     * @param end the end of the WAL on the server
     * @param replyRequested whether the server waits for a report, as it does when it shuts down
     */
    record Keepalive(Lsn end, boolean replyRequested) implements Message {}

    /**
     * The timeline ended on the server, and all of it was sent.
     *
     * @param next the timeline that the server went on with
     * @param at the first position that belongs to it
     */
    record TimelineEnd(Timeline next, Lsn at) implements Message {}

    /**
     * The WAL that the server is asked to send.
     *
     * @param slot the slot that keeps the WAL until it is flushed here
     * @param from the start of a segment
     */
    record Start(Optional<String> slot, Timeline timeline, Lsn from) {}

    /** How long a replication slot lives. */
    enum SlotLife {
        PERMANENT,
        /** Exists as long as its connection. */
        TEMPORARY
    }
}
