// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.check;

import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.tidemark.cli.server.ServerSettings;
import org.tidemark.core.Lsn;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.PostgresException;
import org.tidemark.postgres.SqlConnection;

/**
 * What a primary's archiver has done, as pg_stat_archiver counts it. Immutable.
 *
 * @param lastArchived the file that was archived last
 * @param ready files that have waited for longer than a while; empty if the role may not look
 * @param position the end of the WAL that was written
 * @param now by the server's clock
 */
record ArchiverStatus(
        Optional<String> lastArchived,
        Optional<Instant> lastArchivedTime,
        Optional<String> lastFailed,
        Optional<Instant> lastFailedTime,
        long failures,
        OptionalLong ready,
        Lsn position,
        Instant now) {
    /** So long a segment may wait before it counts: archiving one takes a moment, and a retry a minute. */
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private static final String QUESTION = """
            SELECT last_archived_wal, last_archived_time, last_failed_wal, last_failed_time, failed_count,
                   pg_current_wal_lsn()::text, clock_timestamp()
            FROM pg_stat_archiver""";

    private static final String READY = """
            SELECT count(*) FROM pg_ls_archive_statusdir()
            WHERE name LIKE '%.ready' AND modification < clock_timestamp() - interval '2 minutes'""";

    private static final String INSUFFICIENT_PRIVILEGE = "42501";

    /** Only a primary can answer. */
    static ArchiverStatus ask(SqlConnection connection) {
        OptionalLong ready = ready(connection);
        return connection
                .query(
                        ServerSettings.LIMIT,
                        row -> new ArchiverStatus(
                                Optional.ofNullable(row.getString(1)),
                                instant(row.getTimestamp(2)),
                                Optional.ofNullable(row.getString(3)),
                                instant(row.getTimestamp(4)),
                                row.getLong(5),
                                ready,
                                Lsn.parse(row.getString(6)),
                                instant(row.getTimestamp(7)).orElse(Instant.EPOCH)),
                        QUESTION)
                .getFirst();
    }

    private static OptionalLong ready(SqlConnection connection) {
        try {
            return OptionalLong.of(connection
                    .query(ServerSettings.LIMIT, row -> row.getLong(1), READY)
                    .getFirst());
        } catch (PostgresException e) {
            if (e.sqlState().equals(Optional.of(INSUFFICIENT_PRIVILEGE))) {
                return OptionalLong.empty();
            }
            throw e;
        }
    }

    private static Optional<Instant> instant(@Nullable Timestamp time) {
        return Optional.ofNullable(time).map(Timestamp::toInstant);
    }

    CheckFinding finding(WalSegmentSize size) {
        boolean failing = lastFailedTime.isPresent()
                && (lastArchivedTime.isEmpty() || lastFailedTime.get().isAfter(lastArchivedTime.get()));
        if (failing) {
            return CheckFinding.critical(
                    "archiver",
                    "archiving '" + lastFailed.orElse("") + "' fails, " + failures + " failures so far; the newest at "
                            + lastFailedTime.get(),
                    "PostgreSQL's log has the message of wal-push.");
        }
        long waiting = ready.orElseGet(() -> waiting(size));
        boolean recently = lastArchivedTime.isPresent()
                && Duration.between(lastArchivedTime.get(), now).compareTo(PATIENCE) < 0;
        if (waiting > 0 && !recently) {
            return CheckFinding.critical(
                    "archiver",
                    waiting + " files wait to be archived, and PostgreSQL counts no failure",
                    "Does archive_command end with a status above 125, or is its program gone? That kills the archiver"
                            + " and is not counted; PostgreSQL's log has it.");
        }
        return lastArchived.isEmpty()
                ? CheckFinding.ok("archiver", "nothing has been archived yet, and nothing waits")
                : CheckFinding.ok("archiver", "the newest is " + lastArchived.get());
    }

    /** Full segments behind the last one that was archived; 0 where the server has not archived any. */
    private long waiting(WalSegmentSize size) {
        if (lastArchived.isEmpty()) {
            // A server that has just begun to archive may be in any segment: what waits is not known.
            return 0;
        }
        String name = lastArchived.get();
        if (!(parse(name) instanceof WalFile.Segment segment)) {
            return 0;
        }
        long current = size.segmentNumber(position);
        return Math.max(0, current - segment.index(size) - 1);
    }

    private static @Nullable WalFile parse(String name) {
        try {
            return WalFile.parse(name);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    /** Whether something was written behind the last archived segment. */
    boolean hasUnarchived(WalSegmentSize size) {
        // A segment that nothing but its header was written to is not switched by archive_timeout.
        return waiting(size) > 0 || size.offset(position) > 8192;
    }
}
