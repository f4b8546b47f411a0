// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.receive;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Optional;
import org.tidemark.catalog.Sha256;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.PostgresException;
import org.tidemark.postgres.ReplicationConnection;
import org.tidemark.postgres.WalStream;

/**
 * Compares the page that was received last before a seam with the server's: a server that was set back to an older
 * state must not continue what was received of the newer one.
 *
 * @param connection the one that receives next, since a server may have no other WAL sender to spare
 */
record SeamCheck(ReplicationConnection connection, ReceiveSpool spool) {
    /** A server that has the page sends it at once. */
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private static final WalStream.Message NOTHING = new WalStream.Keepalive(new Lsn(0), false);

    /**
     * Asks for the page. One that the server has not written yet, that is not on its timeline path, or that it has
     * removed is not compared.
     *
     * @param flushed what the server has written
     * @throws UserFacingException with WAL_CONFLICT if it has another page
     */
    void require(TimelineHistory path, Lsn flushed) throws IOException, InterruptedException {
        Optional<SeamPage> kept = spool.seam();
        if (kept.isEmpty() || !kept.get().isOn(path) || kept.get().end().isAfter(flushed)) {
            return;
        }
        SeamPage page = kept.get();
        Optional<Sha256> content = contentAt(page);
        if (content.isPresent() && !content.get().equals(page.content())) {
            throw new UserFacingException(
                    ExitCode.WAL_CONFLICT,
                    "the server has other WAL at " + page.at() + " of timeline " + page.timeline()
                            + " than what was received before",
                    "Was it set back to an older state, such as a snapshot, or is it a copy of the server? If it is a"
                            + " copy, correct conninfo. If it was set back, what to do is in"
                            + " docs/operating/wal-receive.md; what was received of the other state lies in '"
                            + spool.directory() + "'.");
        }
    }

    /** The digest of what the server has in the place of a page; empty if it has removed it. */
    private Optional<Sha256> contentAt(SeamPage page) throws InterruptedException {
        ByteBuffer sent = ByteBuffer.allocate(SeamPage.BYTES);
        WalStream stream =
                connection.startReplication(new WalStream.Start(Optional.empty(), page.timeline(), page.at()));
        try {
            read(stream, sent);
        } catch (PostgresException e) {
            if (!ServerRefusals.isRemoved(e)) {
                throw e;
            }
            stream.stop();
            return Optional.empty();
        }
        stream.stop();
        if (sent.hasRemaining()) {
            throw new PostgresException(
                    ExitCode.POSTGRES_UNAVAILABLE,
                    "the server did not send the WAL at " + page.at() + ", which is compared with what was received",
                    "Nothing has to be done: it is tried again.",
                    null,
                    null);
        }
        return Optional.of(Sha256.of(sent.array()));
    }

    /** Fills the buffer, unless the timeline or the time ends before. */
    private static void read(WalStream stream, ByteBuffer sent) throws InterruptedException {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (sent.hasRemaining() && System.nanoTime() - end < 0) {
            if (Thread.currentThread().isInterrupted()) {
                throw new InterruptedException();
            }
            switch (stream.next(GrowingPause.FIRST).orElse(NOTHING)) {
                case WalStream.Data data -> {
                    ByteBuffer wal = data.content();
                    sent.put(wal.slice(wal.position(), Math.min(wal.remaining(), sent.remaining())));
                }
                case WalStream.TimelineEnd _ -> end = System.nanoTime();
                case WalStream.Keepalive _ -> {}
            }
        }
    }
}
