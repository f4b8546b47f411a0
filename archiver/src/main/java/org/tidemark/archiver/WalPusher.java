// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.StorageException;

/** Pushes one file to every repository, or queues it for those that miss it. Not thread-safe. */
public final class WalPusher {
    private final List<PushTarget> targets;
    private final Path spool;
    private final Clock clock;
    private final Optional<Acknowledgement> acknowledgement;

    /**
     * Pushes to one repository, without a time limit.
     *
     * @param spool the host's spool directory: for what does not fit into memory, and for queues
     */
    public WalPusher(PushTarget target, Path spool, Clock clock) {
        this.targets = List.of(target);
        this.spool = spool;
        this.clock = clock;
        this.acknowledgement = Optional.empty();
    }

    /**
     * A pusher to several repositories.
     *
     * @param targets at least as many as must hold a file
     * @param spool the host's spool directory: for what does not fit into memory, and what is remembered
     */
    public WalPusher(List<PushTarget> targets, Path spool, Acknowledgement acknowledgement) {
        if (targets.size() < acknowledgement.repositories()) {
            throw new IllegalArgumentException(
                    acknowledgement.repositories() + " repositories cannot hold what " + targets.size() + " get");
        }
        this.targets = List.copyOf(targets);
        this.spool = spool;
        this.clock = acknowledgement.clock();
        this.acknowledgement = Optional.of(acknowledgement);
    }

    /**
     * When this returns, the required number of repositories hold the file durably: it was stored now, or the same
     * content was there before. They also hold the history of its timeline, which is taken from the directory of the
     * file. A segment that a standby cut off where its timeline ended is stored as a partial segment. For the other
     * repositories the file is queued durably in the spool.
     *
     * @throws org.tidemark.postgres.WalRefusedException if the file is not what its name says, or of another cluster
     * @throws org.tidemark.catalog.WalConflictException if other content is archived under this name, in whichever
     *     repository
     * @throws UserFacingException for everything else that an operator can act on
     * @throws StorageException if a store did not take it; those that did, keep it
     */
    public PushReport push(PushRequest handedOver) throws IOException {
        PushContent content = read(handedOver, () -> PushContent.of(handedOver));
        PushRequest request = new PushRequest(content.file(), handedOver.path(), handedOver.control());
        try (HistoryFirst history = read(request, () -> HistoryFirst.of(request, spool, clock));
                Encodings encodings = new Encodings(request, content, spool)) {
            SinglePush push = new SinglePush(request, content, encodings, history);
            if (acknowledgement.isEmpty() || targets.size() == 1) {
                // One repository needs no thread and no spool, and their classes are not loaded.
                push.to(targets.getFirst());
                return PushReport.COMPLETE;
            }
            return new ParallelPush(targets, acknowledgement.get(), push).run();
        }
    }

    private interface Reading<T> {
        T read() throws IOException;
    }

    private static <T> T read(PushRequest request, Reading<T> reading) throws IOException {
        try {
            return reading.read();
        } catch (StorageException e) {
            throw e;
        } catch (NoSuchFileException e) {
            throw unreadable(request.path(), "there is no such file", e);
        } catch (IOException e) {
            throw unreadable(request.path(), String.valueOf(e.getMessage()), e);
        }
    }

    private static UserFacingException unreadable(Path path, String problem, IOException cause) {
        return new UserFacingException(
                ExitCode.LOCAL_FILES,
                "cannot read '" + path + "': " + problem,
                "archive_command must pass %p, and run as the owner of the data directory.",
                cause);
    }
}
