// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.recovery;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tidemark.catalog.backup.Mark.Restored;
import org.tidemark.catalog.backup.Mark.Restored.Pace;
import org.tidemark.core.HostName;
import org.tidemark.core.Lsn;
import org.tidemark.core.UserFacingException;
import org.tidemark.restore.RestorePreparation.Holding;

/**
 * Measures a restore, and notes it in the repository that its backup was read from first: what a later one will take is
 * computed from it. Used by one thread.
 */
public final class RestoreNote {
    private final RestoreSource source;
    private final RestoreRun.Result result;
    private final long followedFrom = System.nanoTime();
    private @Nullable Lsn replayed;
    private long replayedAt;

    /** Of a restore whose files are in place; what PostgreSQL does from now on is its replay. */
    public RestoreNote(RestoreSource source, RestoreRun.Result result) {
        this.source = source;
        this.result = result;
    }

    /** PostgreSQL has replayed all WAL up to here. */
    public void replayed(Lsn upTo) {
        if (!upTo.equals(replayed)) {
            replayed = upTo;
            replayedAt = System.nanoTime();
        }
    }

    /** Nobody follows it any more: a short replay may have ended before anybody saw how far it was. */
    public void ended(StartedServer.End end) {
        switch (end) {
            case StartedServer.End.Paused paused -> replayed(paused.at());
            case StartedServer.End.Streaming streaming -> replayed(streaming.at());
            // How far they have replayed by now is not known.
            case StartedServer.End.Open _, StartedServer.End.Stopped _, StartedServer.End.Delayed _ -> {}
        }
    }

    /** Notes it where this host may; a restore needs no right to write. */
    public void store(Instant now) {
        Holding first = source.preparation().holdings().getFirst();
        try {
            first.archive()
                    .backups()
                    .markWal(new Restored(now, result.backup().id(), HostName.ofThisMachine(), result.pace(), wal()));
        } catch (IOException | UserFacingException e) {
            // The credentials of a host that restores often allow only reading.
        }
    }

    private Optional<Pace> wal() {
        return Optional.ofNullable(replayed)
                .flatMap(upTo -> Pace.of(
                        upTo.minus(result.backup().wal().start()), Duration.ofNanos(replayedAt - followedFrom)));
    }
}
