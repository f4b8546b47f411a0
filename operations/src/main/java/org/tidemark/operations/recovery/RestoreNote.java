// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.recovery;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.catalog.backup.Mark.Restored;
import org.tidemark.catalog.backup.Mark.Restored.End;
import org.tidemark.catalog.backup.Mark.Restored.Pace;
import org.tidemark.core.HostName;
import org.tidemark.core.Lsn;
import org.tidemark.core.UserFacingException;
import org.tidemark.restore.request.RestoreRequest;
import org.tidemark.restore.request.Role;
import org.tidemark.restore.wal.Holding;
import org.tidemark.store.StorageException.StorageDenied;

/**
 * Measures a restore, and notes it in a repository that has its backup: what a later one will take is computed from it.
 * Used by one thread.
 */
public final class RestoreNote {
    /** A shorter replay tells more of how fast a server starts. */
    private static final Duration SHORTEST_REPLAY = Duration.ofSeconds(10);

    private final RestoreSource source;
    private final RestoreRun.Result result;
    private @Nullable Replayed first;
    private @Nullable Replayed last;
    private boolean isStarted;

    /** What was seen of the replay, and when. */
    private record Replayed(Lsn upTo, long nanos) {}

    /** Of a restore whose files are in place. */
    public RestoreNote(RestoreSource source, RestoreRun.Result result) {
        this.source = source;
        this.result = result;
    }

    /** PostgreSQL is started, and followed. */
    public void started() {
        isStarted = true;
    }

    /** PostgreSQL has replayed all WAL up to here. */
    public void replayed(Lsn upTo) {
        if (last != null && last.upTo().equals(upTo)) {
            return; // it waits there
        }
        last = new Replayed(upTo, System.nanoTime());
        if (first == null) {
            first = last;
        }
    }

    /**
     * Notes it where this host may.
     *
     * @return why it could not; a restore needs no right to write
     */
    public Optional<UserFacingException> store(Instant now) {
        Optional<UserFacingException> failure = Optional.empty();
        for (Holding each : source.preparation().holdings()) {
            boolean hasIt = result.restored().plan().backup().copies().stream()
                    .anyMatch(copy -> copy.repository().equals(each.repository()));
            if (hasIt) {
                try {
                    each.archive()
                            .backups()
                            .markWal(new Restored(
                                    now,
                                    result.backup().id(),
                                    HostName.ofThisMachine(),
                                    result.pace(),
                                    wal(),
                                    Optional.of(end())));
                    return Optional.empty();
                } catch (IOException | UserFacingException e) {
                    failure = Optional.of(StorageErrors.explain(e));
                    if (!(e instanceof StorageDenied)) {
                        break; // one that does not answer has taken its time already
                    }
                }
            }
        }
        return failure;
    }

    private End end() {
        return new End(
                result.restored().plan().request().target().text() + ", on timeline "
                        + result.restored().plan().timeline(),
                isStarted);
    }

    /** A standby also streams from its primary, and WAL that was copied before is not fetched. */
    private Optional<Pace> wal() {
        RestoreRequest request = result.restored().plan().request();
        if (first == null
                || last == null
                || request.role() instanceof Role.Standby
                || request.wal() == RestoreRequest.Wal.COPY) {
            return Optional.empty();
        }
        Duration took = Duration.ofNanos(last.nanos() - first.nanos());
        return took.compareTo(SHORTEST_REPLAY) < 0
                ? Optional.empty()
                : Pace.of(last.upTo().minus(first.upTo()), took);
    }
}
