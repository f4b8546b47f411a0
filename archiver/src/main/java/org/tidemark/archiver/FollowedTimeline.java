// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.tidemark.archiver.Recovery.Position;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;

/**
 * Which timeline PostgreSQL follows where the command does not say: PostgreSQL keeps each history file that it goes by
 * in pg_wal. A child of which only the archive knows does not count: a test copy that was promoted and archives would
 * cut everybody else off. A standby also keeps the history of a timeline that it looked at and refused, because it had
 * come further than where that one began (rescanLatestTimeLine() in src/backend/access/transam/xlogrecovery.c).
 * Immutable.
 *
 * @param walDirectory the pg_wal of the data directory in recovery
 * @param reached what this recovery has replayed for certain: a history that does not pass there is not followed
 */
record FollowedTimeline(Path walDirectory, WalSegmentSize size, List<Position> reached) {

    /** The newest history in pg_wal that descends from the timeline of {@code asked} and that PostgreSQL can go by. */
    Optional<TimelineHistory> descendantOf(Segment asked) throws IOException {
        ReplayedWal replayed = new ReplayedWal(walDirectory, size);
        TimelineHistory newest = null;
        try {
            for (String name : FileNames.in(walDirectory)) {
                Optional<TimelineHistory> history =
                        name.endsWith(".history") ? read(walDirectory.resolve(name)) : Optional.empty();
                if (history.isPresent()
                        && history.get().endOf(asked.timeline()).isPresent()
                        && passesAll(history.get())
                        && !replayed.isPast(asked, history.get())
                        && (newest == null || history.get().timeline().compareTo(newest.timeline()) > 0)) {
                    newest = history.get();
                }
            }
        } catch (NoSuchFileException e) {
            return Optional.empty(); // not a data directory: then nothing is followed
        }
        return Optional.ofNullable(newest);
    }

    private boolean passesAll(TimelineHistory history) {
        for (Position position : reached) {
            if (!history.passes(position.timeline(), position.lsn())) {
                return false;
            }
        }
        return true;
    }

    /** The copy of a history that PostgreSQL has already been given. */
    Optional<TimelineHistory> history(Timeline timeline) throws IOException {
        Path file = walDirectory.resolve(timeline.toHex() + ".history");
        return Files.isRegularFile(file) ? read(file) : Optional.empty();
    }

    /** A file that cannot be read as a history is not one that PostgreSQL goes by. */
    private static Optional<TimelineHistory> read(Path file) throws IOException {
        String name = String.valueOf(file.getFileName());
        if (!name.matches("[0-7][0-9A-F]{7}\\.history")) {
            return Optional.empty();
        }
        try {
            TimelineHistory history = TimelineHistory.parse(
                    Timeline.parseHex(name.substring(0, 8)), Files.readString(file, StandardCharsets.ISO_8859_1));
            return history.switches().isEmpty() ? Optional.empty() : Optional.of(history);
        } catch (IllegalArgumentException | NoSuchFileException e) {
            return Optional.empty();
        }
    }
}
