// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.archiving;

import java.io.IOException;
import java.util.Optional;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.wal.RemovedWal;
import org.tidemark.catalog.wal.WalArchive;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalRange;
import org.tidemark.core.WalSegmentSize;

/** The WAL in a repository that the recovery of one backup needs. Immutable. */
public record RequiredWal(ClusterArchive archive, WalRange range) {
    /** The history of the timeline, if it has one. */
    static Optional<WalFile> history(WalRange range) {
        return range.timeline().id() > Timeline.FIRST.id()
                ? Optional.of(new WalFile.TimelineHistoryFile(range.timeline()))
                : Optional.empty();
    }

    /** The first file that is not archived; empty if nothing is missing. */
    public Optional<WalFile> missing() throws IOException {
        WalArchive wal = archive.wal();
        Optional<WalFile> history = history(range);
        if (history.isPresent() && wal.history(range.timeline()).isEmpty()) {
            return history;
        }
        WalSegmentSize size = archive.identity().walSegmentSize();
        return wal.listing().firstMissing(range.first(size), range.last(size)).map(segment -> segment);
    }

    /** An expiry that began before it could see the backup may be removing its WAL just now. */
    public void requireNotRemoved() throws IOException {
        for (RemovedWal removed : archive.wal().gaps().removed()) {
            if (removed.overlaps(range, archive.identity().walSegmentSize())) {
                throw new UserFacingException(
                        ExitCode.WAL_MISSING,
                        "WAL that the backup needs was removed by an expiry while the backup was taken; there is no"
                                + " backup",
                        "Run the backup again. On a standby, wait until its replay has caught up with the primary.");
            }
        }
    }
}
