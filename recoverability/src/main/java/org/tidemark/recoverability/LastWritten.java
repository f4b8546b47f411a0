// SPDX-License-Identifier: Apache-2.0
package org.tidemark.recoverability;

import java.time.Instant;
import java.util.Optional;
import java.util.stream.Stream;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelinePath;
import org.tidemark.core.UtcTime;
import org.tidemark.core.WalFile.Segment;

/**
 * Up to when WAL was written, as far as the archive tells. Immutable.
 *
 * @param at the newest time in the last segment; if it has none, when the youngest segment was stored
 * @param isRecorded whether the WAL itself says it
 */
record LastWritten(Instant at, boolean isRecorded) {
    /** Of the WAL of a timeline that is not on a path; empty if there is none. */
    static Optional<LastWritten> beside(TimelinePath path, Timeline other, CatalogSnapshot catalog) {
        PathWal wal = new PathWal(path, catalog.wal());
        return of(wal.lastBeside(other), wal.newestBeside(other), catalog);
    }

    /** Of the WAL of a path; empty if nothing is archived. */
    static Optional<LastWritten> on(TimelinePath path, CatalogSnapshot catalog) {
        PathWal wal = new PathWal(path, catalog.wal());
        return of(wal.last().stream().mapToObj(path::segment).findFirst(), wal.newestStored(), catalog);
    }

    /** Of one segment; empty if it is not archived. */
    static Optional<LastWritten> in(Segment segment, CatalogSnapshot catalog) {
        return of(
                Optional.of(segment),
                catalog.wal()
                        .of(segment.timeline())
                        .stored(segment.index(catalog.wal().segmentSize())),
                catalog);
    }

    private static Optional<LastWritten> of(Optional<Segment> last, Optional<Instant> stored, CatalogSnapshot catalog) {
        return stored.isEmpty()
                ? Optional.empty()
                : Stream.concat(
                                last.flatMap(catalog.written()::newest).map(at -> new LastWritten(at, true)).stream(),
                                stored.map(at -> new LastWritten(at, false)).stream())
                        .findFirst();
    }

    /** For people, of the WAL of a timeline. */
    String inWords() {
        return (isRecorded ? "newest record in its last WAL of " : "newest WAL stored at ") + UtcTime.seconds(at);
    }
}
