// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.tidemark.archiver.spool.PendingObject;
import org.tidemark.archiver.spool.PendingQueue;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.DamagedObjectException;
import org.tidemark.catalog.NotEncryptedException;
import org.tidemark.catalog.StorageFailure;
import org.tidemark.catalog.WalConflictException;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.ObjectKey;

/** Gives a repository what is kept for it, oldest first. Not thread-safe; several at once do no harm. */
public final class BacklogDelivery {
    private final PendingQueue queue;
    private final ClusterArchive archive;

    /** @throws UserFacingException with OTHER_REPOSITORY if the queue is not for the archive's repository */
    public BacklogDelivery(PendingQueue queue, ClusterArchive archive) {
        if (!queue.repository().equals(archive.repository().id())
                || !queue.cluster().equals(archive.identity().cluster())
                || queue.system().value() != archive.identity().system().value()) {
            throw new UserFacingException(
                    ExitCode.OTHER_REPOSITORY,
                    "what is kept for '" + queue.cluster() + "' in repository " + queue.repository()
                            + " is not for repository " + archive.repository().id() + " at "
                            + archive.repository().store().description(),
                    "Is the right disk mounted, and does the address point where it did?");
        }
        this.queue = queue;
        this.archive = archive;
    }

    /**
     * What was done.
     *
     * @param refused what was put aside, since this repository will never take it as it is
     * @param stoppedBy why the rest is still waiting; empty if nothing failed
     */
    public record Delivered(int objects, long bytes, List<Refused> refused, Optional<Exception> stoppedBy) {
        public Delivered {
            refused = List.copyOf(refused);
        }
    }

    /** An object that was put aside, and why. */
    public record Refused(String keyName, String problem) {}

    /**
     * Delivers until nothing is left, or the repository fails.
     *
     * @param most no more objects than this
     * @param goOn asked before each object
     * @throws IOException if the spool itself cannot be read or written
     */
    public Delivered deliver(int most, BooleanSupplier goOn) throws IOException {
        int objects = 0;
        long bytes = 0;
        List<Refused> refused = new ArrayList<>();
        for (PendingObject object : queue.pending()) {
            if (objects == most || !goOn.getAsBoolean()) {
                break;
            }
            try {
                PendingObject.Content content = object.read();
                requireOfThisCluster(object, content);
                archive.wal().putStored(object.keyName(), content.header(), content.source());
            } catch (NoSuchFileException e) {
                continue; // another process delivered it
            } catch (IOException | UserFacingException e) {
                UserFacingException explained =
                        e instanceof IOException io ? StorageFailure.explain(io) : (UserFacingException) e;
                if (!willNeverBeTaken(explained)) {
                    return new Delivered(objects, bytes, refused, Optional.of(e));
                }
                queue.refuse(object);
                refused.add(new Refused(object.keyName(), explained.getMessage()));
                continue;
            }
            queue.delivered(object);
            objects++;
            bytes += object.sizeBytes();
        }
        return new Delivered(objects, bytes, refused, Optional.empty());
    }

    private static boolean willNeverBeTaken(UserFacingException problem) {
        return problem.exitCode() == ExitCode.WAL_CONFLICT
                || problem.exitCode() == ExitCode.DAMAGED
                || problem instanceof NotEncryptedException;
    }

    /**
     * Tries once more what was put aside: the conflict may have been resolved, and a copy that this host damaged may
     * have come from elsewhere meanwhile.
     */
    public Delivered retryRefused() throws IOException {
        int objects = 0;
        long bytes = 0;
        List<Refused> refused = new ArrayList<>();
        for (PendingObject object : queue.refused()) {
            try {
                if (deliverAgain(object)) {
                    objects++;
                    bytes += object.sizeBytes();
                }
                queue.delivered(object);
            } catch (NoSuchFileException e) {
                // Somebody removed it.
            } catch (DamagedObjectException | WalConflictException | NotEncryptedException e) {
                refused.add(new Refused(object.keyName(), String.valueOf(e.getMessage())));
            }
        }
        return new Delivered(objects, bytes, refused, Optional.empty());
    }

    /** @return false if this host's copy is damaged, and the repository has one of its own */
    private boolean deliverAgain(PendingObject object) throws IOException {
        PendingObject.Content content;
        try {
            content = object.read();
            requireOfThisCluster(object, content);
        } catch (DamagedObjectException e) {
            if (archive.wal().containsStored(object.keyName())) {
                return false;
            }
            throw e;
        }
        archive.wal().putStored(object.keyName(), content.header(), content.source());
        return true;
    }

    private void requireOfThisCluster(PendingObject object, PendingObject.Content content)
            throws DamagedObjectException {
        if (content.header().system().value() != queue.system().value()) {
            throw new DamagedObjectException(
                    new ObjectKey(object.keyName()),
                    "it is of system " + content.header().system());
        }
    }
}
