// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.tidemark.config.ClusterSettings.CheckSettings;
import org.tidemark.core.Amounts;
import org.tidemark.core.Finding;
import org.tidemark.core.Lsn;
import org.tidemark.core.Measure;
import org.tidemark.core.Threshold;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.SqlConnection;
import org.tidemark.server.ServerSettings;
import org.tidemark.watch.check.ReadyFiles.Trend;

/**
 * The state of a server's archiver, from pg_stat_archiver. Immutable.
 *
 * @param lastArchived the file that was archived last
 * @param ready the files that wait to be archived; empty if the role may not see them
 * @param position the end of the WAL that was written, or on a standby received
 * @param now by the server's clock
 */
record ArchiverStatus(
        Optional<String> lastArchived,
        Optional<Instant> lastArchivedTime,
        Optional<String> lastFailed,
        Optional<Instant> lastFailedTime,
        long failures,
        Optional<ReadyFiles> ready,
        Lsn position,
        Instant now) {
    private static final String QUESTION = """
            SELECT last_archived_wal, last_archived_time, last_failed_wal, last_failed_time, failed_count,
                   CASE WHEN pg_is_in_recovery()
                        THEN coalesce(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn(), '0/0')
                        ELSE pg_current_wal_lsn() END::text,
                   clock_timestamp()
            FROM pg_stat_archiver""";

    /** Asks a primary, or a standby whose archive_mode is {@code always}. */
    static ArchiverStatus ask(SqlConnection connection) {
        Optional<ReadyFiles> ready = ReadyFiles.ask(connection);
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

    private static Optional<Instant> instant(@Nullable Timestamp time) {
        return Optional.ofNullable(time).map(Timestamp::toInstant);
    }

    Finding finding(WalSegmentSize size, CheckSettings limits, Trend trend) {
        return judge(size, limits, trend)
                .with(Measure.READY, ready.map(ReadyFiles::count).orElseGet(() -> waiting(size)))
                .with(
                        Measure.OLDEST_READY,
                        ready.map(files -> files.age(now)).orElse(Duration.ZERO).toSeconds(),
                        new Threshold(
                                OptionalLong.of(ReadyFiles.LATE_AFTER.toSeconds()),
                                OptionalLong.of(limits.walAge().toSeconds()),
                                false));
    }

    private Finding judge(WalSegmentSize size, CheckSettings limits, Trend trend) {
        String waits = ready.filter(files -> files.count() > 0)
                .map(files -> "; " + files.describe(now, trend))
                .orElse("");
        if (isFailing()) {
            return Subject.ARCHIVER.critical(
                    "archiving '" + lastFailed.orElse("") + "' fails, "
                            + Amounts.count(failures, "failure", "failures") + " so far, the latest at "
                            + Amounts.second(lastFailedTime.orElseThrow()) + waits,
                    "Read the messages of wal-push in PostgreSQL's log.");
        }
        long late = ready.map(ReadyFiles::late).orElseGet(() -> waiting(size));
        boolean recently = lastArchivedTime.isPresent()
                && Duration.between(lastArchivedTime.get(), now).compareTo(ReadyFiles.LATE_AFTER) < 0;
        if (late > 0 && !recently) {
            return Subject.ARCHIVER.critical(
                    Amounts.count(late, "file waits", "files wait")
                            + " to be archived, but PostgreSQL counts no failure",
                    "Look into PostgreSQL's log: an archive_command that exits with a status above 125, or whose"
                            + " program is missing, ends the archiver process, and PostgreSQL does not count that.");
        }
        if (late > 0 && ready.isPresent()) {
            return backlog(ready.get(), limits, trend);
        }
        return lastArchived.isEmpty()
                ? Subject.ARCHIVER.ok("nothing has been archived yet, and nothing waits")
                : Subject.ARCHIVER.ok("the newest archived file is " + lastArchived.get());
    }

    private boolean isFailing() {
        return lastFailedTime.isPresent()
                && (lastArchivedTime.isEmpty() || lastFailedTime.get().isAfter(lastArchivedTime.get()));
    }

    /** The segment that cannot be archived now; empty where none fails, or another kind of file. */
    Optional<WalFile.Segment> failingSegment() {
        return segment(lastFailed.filter(name -> isFailing()));
    }

    /** The segment that was archived last; empty where nothing was, or another kind of file. */
    Optional<WalFile.Segment> lastArchivedSegment() {
        return segment(lastArchived);
    }

    private static Optional<WalFile.Segment> segment(Optional<String> name) {
        return name.map(ArchiverStatus::parse)
                .filter(WalFile.Segment.class::isInstance)
                .map(WalFile.Segment.class::cast);
    }

    /** Files are archived, but more slowly than they are written. */
    private Finding backlog(ReadyFiles files, CheckSettings limits, Trend trend) {
        String message = files.describe(now, trend);
        boolean old = files.age(now).compareTo(limits.walAge()) > 0;
        if (trend == Trend.SHRINKING && !old) {
            return Subject.ARCHIVER.ok(message);
        }
        String hint = "The server writes WAL faster than it is archived, and pg_wal fills up. See whether a"
                + " repository is slow, and how much room pg_wal has, with: tidemark check -v";
        return old && trend != Trend.SHRINKING
                ? Subject.ARCHIVER.critical(message, hint)
                : Subject.ARCHIVER.warning(message, hint);
    }

    /** Full segments after the last one that was archived; 0 where the server has not archived any. */
    private long waiting(WalSegmentSize size) {
        if (lastArchived.isEmpty()) {
            // A server that has just started to archive may be in any segment, so the number of waiting files is
            // unknown.
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

    /** Whether files wait for longer than a retry takes. */
    boolean isLate() {
        return isFailing() || ready.filter(files -> files.late() > 0).isPresent();
    }

    /** Whether something was written after the last archived segment. */
    boolean hasUnarchived(WalSegmentSize size) {
        // archive_timeout does not switch a segment that contains only its header.
        return waiting(size) > 0 || size.offset(position) > 8192;
    }
}
