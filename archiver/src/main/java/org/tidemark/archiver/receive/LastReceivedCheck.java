// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.receive;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.Sha256;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.PostgresException;
import org.tidemark.postgres.ReplicationConnection;
import org.tidemark.postgres.WalStream;

/**
 * Compares the WAL that was received last with the server's: a server that was set back to an older state must not
 * continue WAL of the newer one.
 *
 * @param connection the one that receives next, since a server may have no other WAL sender to spare
 * @param clock for the time in answers to the server
 */
record LastReceivedCheck(ReplicationConnection connection, ReceiveSpool spool, Clock clock) {
    /** A server that has the WAL sends it at once; a slow network takes its time. */
    private static final Duration SILENCE = Duration.ofSeconds(30);

    private static final WalStream.Message NOTHING = new WalStream.Keepalive(new Lsn(0), false);

    /**
     * Asks for the WAL. What the server has not written yet, what is not on its timeline path, and what it has removed
     * is not compared.
     *
     * @param flushed what the server has written
     * @throws UserFacingException with WAL_CONFLICT if it has other WAL
     */
    void require(TimelineHistory path, Lsn flushed) throws IOException, InterruptedException {
        Optional<LastReceived> kept = spool.lastReceived();
        if (kept.isEmpty() || !kept.get().isOn(path) || kept.get().end().isAfter(flushed)) {
            return;
        }
        LastReceived last = kept.get();
        Optional<Sha256> content = contentOf(last);
        if (content.isPresent() && !content.get().equals(last.content())) {
            throw spool.otherWal(last.timeline(), last.at());
        }
    }

    /** The digest of what the server has in its place; empty if it has removed it. */
    private Optional<Sha256> contentOf(LastReceived last) throws InterruptedException {
        MessageDigest digest = Sha256.newDigest();
        WalStream stream =
                connection.startReplication(new WalStream.Start(Optional.empty(), last.timeline(), last.at()));
        boolean whole;
        try {
            whole = read(stream, digest, last.end().minus(last.at()));
        } catch (PostgresException e) {
            if (!ServerRefusals.isRemoved(e)) {
                throw e;
            }
            stream.stop();
            return Optional.empty();
        }
        stream.stop();
        if (!whole) {
            throw new PostgresException(
                    ExitCode.POSTGRES_UNAVAILABLE,
                    "the server did not send the WAL at " + last.at() + ", which is compared with what was received",
                    "Nothing has to be done: it is tried again.",
                    null,
                    null);
        }
        return Optional.of(Sha256.finish(digest));
    }

    /** Whether so many bytes came before the timeline ended, or the server fell silent. */
    private boolean read(WalStream stream, MessageDigest digest, long bytes) throws InterruptedException {
        long left = bytes;
        long end = System.nanoTime() + SILENCE.toNanos();
        while (left > 0 && System.nanoTime() - end < 0) {
            if (Thread.currentThread().isInterrupted()) {
                throw new InterruptedException();
            }
            switch (stream.next(GrowingPause.FIRST).orElse(NOTHING)) {
                case WalStream.Data data -> {
                    ByteBuffer wal = data.content();
                    int count = (int) Math.min(wal.remaining(), left);
                    digest.update(wal.slice(wal.position(), count));
                    left -= count;
                    end = System.nanoTime() + SILENCE.toNanos();
                }
                case WalStream.TimelineEnd _ -> end = System.nanoTime();
                case WalStream.Keepalive keepalive -> {
                    if (keepalive.replyRequested()) {
                        stream.report(new Lsn(0), new Lsn(0), clock.instant(), WalStream.Reply.NOT_NEEDED);
                    }
                }
            }
        }
        return left == 0;
    }
}
