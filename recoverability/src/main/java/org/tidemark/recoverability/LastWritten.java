// SPDX-License-Identifier: Apache-2.0
package org.tidemark.recoverability;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelinePath;
import org.tidemark.core.UtcTime;
import org.tidemark.core.WalFile.Segment;

/**
 * Up to when WAL was written, as far as the archive tells. Immutable.
 *
 * @param at the newest time in the last segments; if the last one has none, when the youngest segment was stored
 * @param isRecorded whether the WAL itself says it
 */
record LastWritten(Instant at, boolean isRecorded) {
    /**
     * The time of a checkpoint is when it began: where nothing else was written to the last segment, there are later
     * commits in the one before.
     */
    private static final int SEGMENTS = 2;

    /** Of the WAL of a timeline that is not on a path; empty if there is none. */
    static Optional<LastWritten> beside(TimelinePath path, Timeline other, CatalogSnapshot catalog) {
        PathWal wal = new PathWal(path, catalog.wal());
        return of(wal.lastBeside(other, SEGMENTS), wal.newestBeside(other), catalog);
    }

    /** Of the WAL of a path; empty if nothing is archived. */
    static Optional<LastWritten> on(TimelinePath path, CatalogSnapshot catalog) {
        PathWal wal = new PathWal(path, catalog.wal());
        return of(wal.last().stream().mapToObj(path::segment).toList(), wal.newestStored(), catalog);
    }

    /** Of one segment; empty if it is not archived. */
    static Optional<LastWritten> in(Segment segment, CatalogSnapshot catalog) {
        return of(List.of(segment), catalog.wal().stored(segment), catalog);
    }

    private static Optional<LastWritten> of(List<Segment> last, Optional<Instant> stored, CatalogSnapshot catalog) {
        boolean isRecorded =
                last.stream().findFirst().flatMap(catalog.written()::newest).isPresent();
        return stored.map(at -> last.stream()
                .filter(_ -> isRecorded)
                .flatMap(each -> catalog.written().newest(each).stream())
                .max(Instant::compareTo)
                .map(newest -> new LastWritten(newest, true))
                .orElse(new LastWritten(at, false)));
    }

    /** For people, of the WAL of a timeline. */
    String inWords() {
        return (isRecorded ? "newest record in its last WAL of " : "newest WAL stored at ") + UtcTime.seconds(at);
    }
}
