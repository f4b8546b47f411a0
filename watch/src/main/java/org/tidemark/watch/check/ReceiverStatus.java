// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.tidemark.archiver.receive.LocalReceiver;
import org.tidemark.catalog.wal.WalInventory;
import org.tidemark.catalog.wal.WalInventory.TimelineInventory;
import org.tidemark.config.ClusterSettings;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.ConnectionSettings;
import org.tidemark.postgres.SqlConnection;
import org.tidemark.server.ServerSettings;

/**
 * A {@code wal-receive} that is connected to a primary. Its name alone proves nothing: whether it archives is told by
 * the repositories, which must follow the server's WAL. Immutable.
 *
 * @param name its application_name
 * @param flushed the end of the WAL that the server may send
 * @param timeline that the server writes
 */
record ReceiverStatus(String name, Optional<String> slot, Lsn flushed, Timeline timeline) {
    // A role without pg_read_all_stats is not shown the state; then only the slot tells that WAL is streamed.
    private static final String QUESTION = """
            SELECT sender.application_name, slot.slot_name,
                   pg_current_wal_flush_lsn()::text, pg_walfile_name(pg_current_wal_lsn())
            FROM pg_stat_replication AS sender
            LEFT JOIN pg_replication_slots AS slot ON slot.active_pid = sender.pid AND slot.slot_type = 'physical'
            WHERE sender.state IN ('streaming', 'catchup') OR (sender.state IS NULL AND slot.slot_name IS NOT NULL)
            ORDER BY 1, 2""";

    /**
     * Asks the server; empty for a standby, and if no receiver of the cluster is connected.
     *
     * @param spool of this host: a receiver that ran here has left its name
     */
    static Optional<ReceiverStatus> ask(
            SqlConnection sql,
            ServerSettings settings,
            ConnectionSettings connection,
            ClusterSettings cluster,
            Path spool) {
        if (settings.inRecovery()) {
            return Optional.empty();
        }
        Set<String> names = new TreeSet<>(Set.of(connection.applicationName()));
        try {
            LocalReceiver.of(spool, cluster.name()).map(LocalReceiver::name).ifPresent(names::add);
        } catch (IOException e) {
            // The check of the spool reports what is wrong with it.
        }
        List<ReceiverStatus> senders = sql.query(
                ServerSettings.LIMIT,
                row -> new ReceiverStatus(
                        Optional.ofNullable(row.getString(1)).orElse(""),
                        Optional.ofNullable(row.getString(2)),
                        Lsn.parse(row.getString(3)),
                        Timeline.parseHex(row.getString(4).substring(0, 8))),
                QUESTION);
        return senders.stream().filter(each -> names.contains(each.name())).findFirst();
    }

    /** As findings name it. */
    String described() {
        return "wal-receive, which is connected as '" + name + "'"
                + slot.map(each -> " and uses slot '" + each + "'").orElse("");
    }

    /**
     * The last segment that the server has completed; empty if there is none.
     *
     * @param inventory tells by its histories to which timeline the segment belongs
     */
    Optional<Segment> lastComplete(WalInventory inventory, WalSegmentSize size) {
        long current = size.segmentNumber(flushed);
        if (current == 0) {
            return Optional.empty();
        }
        Optional<TimelineHistory> history = inventory.timeline(timeline).flatMap(TimelineInventory::history);
        Lsn lastByte = new Lsn(size.start(current).value() - 1);
        Timeline owner = history.map(path -> path.ownerOf(lastByte)).orElse(timeline);
        return Optional.of(Segment.of(owner, current - 1, size));
    }
}
