// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.ahead;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.tidemark.archiver.ahead.Station.Notes;
import org.tidemark.archiver.ahead.SteadyPush.Pushing;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.ArchiveStatus;

/**
 * The beginning of the work of a wal-push that stays: one segment is archived, others wait, and no other process has
 * the work.
 *
 * @param station of the server that has called
 * @param call that has archived the segment
 * @param environment of the call
 */
public record OnDemandPush(Station station, CallIdentity call, Map<String, String> environment) {
    public OnDemandPush {
        environment = Map.copyOf(environment);
    }

    /**
     * Begins what is ready.
     *
     * @param pushed the segment that PostgreSQL has handed over, which is archived
     * @param most how many segments may be archived that PostgreSQL has not handed over
     * @param pushing made with the file whose lines the launcher prints with the next call that it answers
     * @return empty if nothing waits, or if something is in the way
     * @throws IOException if the notes cannot be written; nothing is lost by it
     */
    public Optional<SteadyPush> after(
            Segment pushed, WalSegmentSize size, int most, Function<Path, Pushing> pushing, Clock clock)
            throws IOException {
        Path walDirectory = station.dataDirectory().resolve("pg_wal");
        if (UnusedNotes.prevent(
                station, pushed.name(), ArchiveStatus.of(walDirectory).ready(), call, environment, clock.instant())) {
            return Optional.empty();
        }
        Optional<Notes> notes = station.open(call);
        if (notes.isEmpty()) {
            return Optional.empty();
        }
        SteadyPush push =
                new SteadyPush(walDirectory, size, pushing.apply(notes.get().messages()), notes.get(), most, pushed);
        push.look(clock);
        return Optional.of(push);
    }
}
