// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.queue;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.TimelineHistoryFile;
import org.tidemark.store.StorageException.StorageDenied;

/**
 * A history that reaches a repository long after the promotion. When a timeline began decides whether another one
 * competes with it, and without a mark it would have begun when the repository was back.
 */
final class LateHistory {
    /** The clocks of a host and a store may differ by as much without a mark for it. */
    private static final Duration LATE = Duration.ofMinutes(1);

    private LateHistory() {}

    /** Notes when it was queued, before it is stored itself; not where one is stored already. */
    static void note(PendingObject history, ClusterArchive archive, Clock clock) throws IOException {
        Optional<Instant> queued = history.since();
        if (queued.isEmpty()
                || queued.get().isAfter(clock.instant().minus(LATE))
                || archive.wal().containsStored(history.keyName())) {
            return;
        }
        TimelineHistoryFile file = (TimelineHistoryFile) WalFile.parse(history.keyName());
        try {
            archive.backups().markWal(new Mark.Begun(queued.get(), file.timeline()));
        } catch (StorageDenied e) {
            // Credentials that may only add WAL do without; the history itself matters more.
        }
    }
}
