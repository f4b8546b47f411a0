// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.wal.WalInventory.WalRun;
import org.tidemark.core.Amounts;
import org.tidemark.core.Finding;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.session.reading.IncarnationReading;
import org.tidemark.watch.check.CheckedCluster.ServerState;

/**
 * Whether a repository has what the receiver must have archived: the last segment that the server completed. One that
 * was completed a moment ago is waited for, and one that comes after others that arrive is on its way.
 */
final class ReceivedCheck implements Check<CheckedRepository> {
    /** A segment that a receiver has just completed is stored soon. */
    private static final Duration ARRIVAL = Duration.ofSeconds(10);

    private static final Duration PAUSE = Duration.ofMillis(500);

    @Override
    public Subject subject() {
        return Subject.RECEIVER;
    }

    @Override
    public List<Finding> look(CheckedRepository at) throws IOException {
        Optional<ReceiverStatus> receiver = at.server().flatMap(ServerState::receiver);
        return at.held().isEmpty() || receiver.isEmpty()
                ? List.of()
                : at.findings(finding(at, at.held().get(), receiver.get()));
    }

    private Finding finding(CheckedRepository at, IncarnationReading held, ReceiverStatus receiver) throws IOException {
        WalSegmentSize size = held.identity().walSegmentSize();
        Optional<Segment> last = receiver.lastComplete(held.inventory(), size);
        if (last.isEmpty()
                || at.queued().contains(last.get().name())
                || arrives(held.archive(), last.get(), at.request().limit().dividedBy(2))) {
            return subject()
                    .ok("'" + at.name() + "' has every segment that was received"
                            + last.map(segment -> ", up to " + segment.name()).orElse(""));
        }
        Optional<WalRun> newest = held.newestWal();
        boolean isFollowing = newest.filter(
                        run -> run.lastStored().isAfter(at.clock().instant().minus(ReadyFiles.LATE_AFTER)))
                .isPresent();
        String lacks = "'" + at.name() + "' does not have " + last.get().name() + ", which the server has completed";
        if (!isFollowing) {
            return subject()
                    .critical(
                            lacks + ", although " + receiver.described()
                                    + newest.map(run -> "; the newest WAL arrived "
                                                    + Amounts.duration(Duration.between(
                                                            run.lastStored(),
                                                            at.clock().instant()))
                                                    + " ago")
                                            .orElse(""),
                            "Read what the receiver prints on its host. Does its configuration name this repository? If"
                                    + " it has just begun, close a segment: tidemark switch-wal");
        }
        long lagBytes = newest.get().timeline().equals(last.get().timeline())
                ? last.get().end(size).minus(newest.get().last().end(size))
                : size.bytes();
        String message = lacks + " · " + Amounts.size(Math.max(0, lagBytes)) + " of WAL has not arrived yet";
        return lagBytes > at.cluster().check().replicationLagBytes()
                ? subject()
                        .warning(
                                message,
                                "The server writes WAL faster than it is archived. See whether a repository is slow, or"
                                        + " run the receiver nearer to it.")
                : subject().ok(message);
    }

    /** @param most a part of the whole check's limit: a segment on its way must not use it up */
    private static boolean arrives(ClusterArchive archive, Segment segment, Duration most) throws IOException {
        long end = System.nanoTime() + (most.compareTo(ARRIVAL) < 0 ? most : ARRIVAL).toNanos();
        while (!archive.wal().contains(segment)) {
            if (System.nanoTime() > end) {
                return false;
            }
            try {
                Thread.sleep(PAUSE);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        return true;
    }
}
