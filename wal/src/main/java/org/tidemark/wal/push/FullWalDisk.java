// SPDX-License-Identifier: Apache-2.0
package org.tidemark.wal.push;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import org.tidemark.archiver.push.WalPusher;
import org.tidemark.archiver.push.WalPusher.PushRequest;
import org.tidemark.archiver.queue.GivenUpNotes;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.catalog.wal.GivenUpWal;
import org.tidemark.core.Amounts;
import org.tidemark.core.DiskSpace;
import org.tidemark.core.ExitCode;
import org.tidemark.core.HostName;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.wal.call.WalContext;

/**
 * Drops a file that no repository takes while the disk of pg_wal is nearly full, if host.pg-wal-full says so
 * (docs/adr/0036-given-up-wal.md). PostgreSQL is told only after a durable note of it. Loaded only where that is
 * configured. Thread-safe.
 */
final class FullWalDisk {
    /**
     * Repositories that fail sooner are asked each time. A server can write a segment several times a second, and each
     * call drops only one.
     */
    private static final Duration SLOW = Duration.ofSeconds(1);

    /** After a failure that took longer, calls do not ask again for this long. */
    private static final Duration NOT_ASKED_AGAIN = Duration.ofSeconds(30);

    private final PushRequest request;
    private final Pusher pusher;
    private final long limitBytes;
    private final Duration pushTimeout;
    private final GivenUpNotes notes;
    private final Clock clock;
    private final long begun = System.nanoTime();
    /** What this process archives besides may take long, but the file is safe. */
    private volatile boolean archived;

    FullWalDisk(WalContext context, PushRequest request, Pusher pusher) {
        this.request = request;
        this.pusher = pusher;
        this.limitBytes = context.configuration().host().dropWalBelowBytes();
        this.pushTimeout = context.configuration().host().pushTimeout();
        this.notes = GivenUpNotes.of(
                context.spool(), pusher.cluster(), request.origin().system());
        this.clock = context.clock();
    }

    /**
     * Archives the file, or drops it.
     *
     * @return empty if it is dropped; else whether threads are left that still wait for a store
     */
    Optional<Boolean> push() throws IOException {
        if (dropsAtOnce()) {
            return Optional.empty();
        }
        try {
            boolean abandoned = pusher.push(request);
            archived = true;
            return Optional.of(abandoned);
        } catch (IOException | UserFacingException e) {
            if (dropsAfter(StorageErrors.explain(e))) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** Whether the file is dropped now that its time is over, since a store hangs. */
    boolean dropsLate() {
        try {
            return !archived
                    && dropsAfter(new UserFacingException(
                            ExitCode.TIMED_OUT,
                            "no repository took it within " + pushTimeout.toSeconds() + " s",
                            "The store, its disk or the network is slow or hangs."));
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Drops the file without another try, if the last one was a moment ago and the disk is still nearly full. A file
     * that a push would refuse is refused.
     */
    private synchronized boolean dropsAtOnce() throws IOException {
        if (!notes.hasTriedWithin(NOT_ASKED_AGAIN, clock)) {
            return false;
        }
        WalFile _ = WalPusher.archivedAs(request);
        return drop("the last attempt timed out less than " + NOT_ASKED_AGAIN.toSeconds() + " s ago");
    }

    /**
     * Drops the file after a failure that only keeps it from the repositories. What is wrong with the file, its server
     * or the configuration is never answered so.
     */
    private synchronized boolean dropsAfter(UserFacingException failure) throws IOException {
        boolean isOfTheRepositories = switch (failure.exitCode()) {
            case STORE_UNAVAILABLE, STORE_DENIED, NO_REPOSITORY, STORE_FULL, SPOOL_FULL, TIMED_OUT -> true;
            default -> false;
        };
        if (!isOfTheRepositories || free().isEmpty()) {
            return false;
        }
        if (System.nanoTime() - begun > SLOW.toNanos()) {
            notes.tried(clock);
        }
        return drop(failure.getMessage());
    }

    /** The free space, if it is less than the limit. */
    private Optional<DiskSpace> free() {
        Path directory = request.path().toAbsolutePath().getParent();
        return directory == null
                ? Optional.empty()
                : DiskSpace.of(directory).filter(space -> space.freeBytes() < limitBytes);
    }

    private boolean drop(String reason) throws IOException {
        Optional<DiskSpace> space = free();
        if (space.isEmpty()) {
            return false;
        }
        String why = "only " + Amounts.size(space.get().freeBytes()) + " was free for pg_wal, and " + reason;
        switch (request.file()) {
            case Segment segment -> drop(segment, why);
            case WalFile.PartialSegment partial -> drop(partial.segment(), why);
            case WalFile.TimelineHistoryFile history -> {
                notes.add(history);
                pusher.observer()
                        .warn(
                                "'" + history.name() + "' is not archived yet: " + why
                                        + ". It stays in pg_wal, and is archived with the next segment of its timeline.",
                                "");
            }
            case WalFile.BackupHistoryFile file ->
                pusher.observer().warn("'" + file.name() + "' is not archived: " + why + ". No recovery needs it.", "");
        }
        return true;
    }

    private void drop(Segment segment, String why) throws IOException {
        notes.add(
                new GivenUpWal(segment, segment, clock.instant(), HostName.ofThisMachine(), why),
                request.origin().walSegmentSize());
        pusher.observer()
                .warn(
                        "dropped '" + request.file().name() + "' without archiving it: " + why
                                + " (host.pg-wal-full is: drop at " + Amounts.size(limitBytes) + " free)",
                        "Existing backups cannot be recovered past this segment. Repair the repositories, then take a"
                                + " new backup: tidemark backup");
    }
}
