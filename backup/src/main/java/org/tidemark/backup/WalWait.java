// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import java.io.IOException;
import java.time.Duration;
import java.util.Iterator;
import org.tidemark.catalog.WalArchive;
import org.tidemark.catalog.backup.BaseBackup.Source;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalRange;
import org.tidemark.core.WalSegmentSize;

/** Waits until everything that replay of a backup needs is archived. Used by one thread. */
final class WalWait {
    private static final Duration FIRST_PAUSE = Duration.ofMillis(50);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);

    private final WalArchive wal;
    private final Duration limit;
    private final String hint;
    private final BackupListener listener;
    private long lastArrivalNanos = System.nanoTime();

    WalWait(WalArchive wal, Duration limit, Source from, BackupListener listener) {
        this.wal = wal;
        this.limit = limit;
        this.listener = listener;
        this.hint = from == Source.STANDBY
                ? "A standby cannot finish a segment: run 'SELECT pg_switch_wal()' on the primary, and see there what "
                        + "'SELECT * FROM pg_stat_archiver' says."
                : "Does archive_command archive into this repository? See what 'SELECT * FROM pg_stat_archiver' and "
                        + "'tidemark check' say.";
    }

    /**
     * @throws UserFacingException {@link ExitCode#WAL_NOT_ARCHIVED} if nothing more arrived for as long as the limit
     */
    void await(WalRange range, WalSegmentSize segmentSize) throws IOException {
        if (range.timeline().id() > Timeline.FIRST.id()) {
            await(new WalFile.TimelineHistoryFile(range.timeline()));
        }
        for (Iterator<WalFile.Segment> each = range.segments(segmentSize).iterator(); each.hasNext(); ) {
            await(each.next());
        }
    }

    private void await(WalFile file) throws IOException {
        Duration pause = FIRST_PAUSE;
        while (!isArchived(file)) {
            Duration waited = Duration.ofNanos(System.nanoTime() - lastArrivalNanos);
            if (waited.compareTo(limit) >= 0) {
                throw new UserFacingException(
                        ExitCode.WAL_NOT_ARCHIVED,
                        "'" + file.name() + "', which the backup needs, was not archived within " + limit.toSeconds()
                                + " s; there is no backup",
                        hint);
            }
            listener.awaitingWal(file, waited, hint);
            Duration left = limit.minus(waited);
            sleep(pause.compareTo(left) < 0 ? pause : left);
            Duration longer = pause.multipliedBy(2);
            pause = longer.compareTo(LONGEST_PAUSE) < 0 ? longer : LONGEST_PAUSE;
        }
        lastArrivalNanos = System.nanoTime();
    }

    private boolean isArchived(WalFile file) throws IOException {
        return switch (file) {
            case WalFile.Segment segment -> wal.contains(segment);
            case WalFile.TimelineHistoryFile history ->
                wal.history(history.timeline()).isPresent();
            case WalFile.PartialSegment partial -> throw new IllegalArgumentException("not needed: " + partial);
            case WalFile.BackupHistoryFile backup -> throw new IllegalArgumentException("not needed: " + backup);
        };
    }

    private static void sleep(Duration pause) {
        try {
            Thread.sleep(pause);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Outcome.interrupted(e);
        }
    }
}
