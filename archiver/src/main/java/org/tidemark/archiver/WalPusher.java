// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.StorageException;

/** Takes one file into every repository, or remembers what is missing where. Not thread-safe. */
public final class WalPusher {
    private final List<PushTarget> targets;
    private final Path workDirectory;

    private final Optional<Acknowledgement> acknowledgement;

    /** A pusher to one repository, which takes as long as it takes. */
    public WalPusher(PushTarget target, Path workDirectory) {
        this.targets = List.of(target);
        this.workDirectory = workDirectory;
        this.acknowledgement = Optional.empty();
    }

    /**
     * A pusher to several repositories.
     *
     * @param targets at least as many as must hold a file
     * @param workDirectory where what does not fit into memory is kept meanwhile
     */
    public WalPusher(List<PushTarget> targets, Path workDirectory, Acknowledgement acknowledgement) {
        if (targets.size() < acknowledgement.repositories()) {
            throw new IllegalArgumentException(
                    acknowledgement.repositories() + " repositories cannot hold what " + targets.size() + " get");
        }
        this.targets = List.copyOf(targets);
        this.workDirectory = workDirectory;
        this.acknowledgement = Optional.of(acknowledgement);
    }

    /**
     * When this returns, as many repositories as must hold the file durably: it was stored now, or the same content was
     * there before. A segment that a standby cut off where its timeline ended is stored as the partial one that it is.
     * What the others miss is kept durably in the spool.
     *
     * @throws org.tidemark.postgres.WalRefusedException if the file is not what its name says, or of another cluster
     * @throws org.tidemark.catalog.WalConflictException if other content is archived under this name, in whichever
     *     repository
     * @throws UserFacingException for everything else that an operator can act on
     * @throws StorageException if a store did not take it; those that did, keep it
     */
    public PushReport push(PushRequest handedOver) throws IOException {
        PushContent content = read(handedOver);
        PushRequest request = new PushRequest(content.file(), handedOver.path(), handedOver.control());
        try (Encodings encodings = new Encodings(request, content, workDirectory)) {
            SinglePush push = new SinglePush(request, content, encodings);
            if (acknowledgement.isEmpty() || targets.size() == 1) {
                // Nothing to choose: no thread, no spool, and none of their classes.
                push.to(targets.getFirst());
                return PushReport.COMPLETE;
            }
            return new ParallelPush(targets, acknowledgement.get(), push).run();
        }
    }

    private static PushContent read(PushRequest request) throws IOException {
        try {
            return PushContent.of(request);
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
