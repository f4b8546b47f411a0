// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.push;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.archiver.PushTarget;
import org.tidemark.archiver.WalOrigin;
import org.tidemark.archiver.push.SinglePush.Encodings;
import org.tidemark.archiver.queue.GivenUpNotes;
import org.tidemark.archiver.queue.Spool;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.RepositoryId;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.IoAction;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.postgres.ControlFile;
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
     * @throws org.tidemark.catalog.wal.WalConflictException if other content is archived under this name, in whichever
     *     repository
     * @throws UserFacingException for everything else that an operator can act on
     * @throws StorageException if a store did not take it; those that did, keep it
     */
    public PushReport push(PushRequest handedOver) throws IOException {
        PushContent content = read(handedOver, () -> PushContent.of(handedOver));
        PushRequest request = new PushRequest(content.file(), handedOver.path(), handedOver.origin());
        try (HistoryFirst history = read(request, () -> HistoryFirst.of(request, spool, clock));
                Encodings encodings = new Encodings(request, content, spool)) {
            SinglePush push = new SinglePush(request, content, encodings, history, spool);
            if (acknowledgement.isEmpty() || targets.size() == 1) {
                // One repository needs no thread and no spool, and their classes are not loaded.
                // Encoded before the repository is needed, which may be opened meanwhile.
                encodings.of(targets.getFirst());
                ClusterArchive archive = push.to(targets.getFirst());
                GivenUpNotes.of(spool, archive)
                        .settle(List.of(archive.repository().id()));
                return PushReport.COMPLETE;
            }
            PushReport report = new ParallelPush(targets, acknowledgement.get(), push).run();
            settle(GivenUpNotes.of(
                    spool, acknowledgement.get().cluster(), request.origin().system()));
            return report;
        }
    }

    /** Forgets what every repository knows by now. */
    private void settle(GivenUpNotes notes) throws IOException {
        if (notes.isEmpty()) {
            return;
        }
        List<RepositoryId> ids = new ArrayList<>();
        for (PushTarget target : targets) {
            Optional<RepositoryId> id = target.identity().remembered();
            if (id.isEmpty()) {
                return;
            }
            ids.add(id.get());
        }
        notes.settle(ids);
    }

    /**
     * The kind under which the file is archived; a segment cut short by a promotion becomes {@code .partial}.
     *
     * @throws org.tidemark.postgres.WalRefusedException if the file is not what its name says, or of another cluster
     * @throws UserFacingException if it cannot be read
     */
    public static WalFile archivedAs(PushRequest request) throws IOException {
        return read(request, () -> PushContent.of(request)).file();
    }

    private static <T> T read(PushRequest request, IoAction.Returning<T> reading) throws IOException {
        try {
            return reading.run();
        } catch (StorageException e) {
            throw e;
        } catch (NoSuchFileException e) {
            throw unreadable(
                    request.path(),
                    "there is no such file",
                    "PostgreSQL removes from pg_wal what it counts as archived, at its next checkpoint."
                            + " archive_command must pass %p.",
                    e);
        } catch (IOException e) {
            throw unreadable(
                    request.path(),
                    String.valueOf(e.getMessage()),
                    "archive_command must pass %p, and run as the owner of the data directory.",
                    e);
        }
    }

    private static UserFacingException unreadable(Path path, String problem, String hint, IOException cause) {
        return new UserFacingException(ExitCode.LOCAL_FILES, "cannot read '" + path + "': " + problem, hint, cause);
    }

    /**
     * A file that PostgreSQL hands over. Immutable.
     *
     * @param file what it must be, by its name
     * @param path where it is
     * @param origin the cluster that it comes from
     */
    public record PushRequest(WalFile file, Path path, WalOrigin origin) {
        /** A file that is in pg_wal of a server with this control file. */
        public PushRequest(WalFile file, Path path, ControlFile control) {
            this(file, path, WalOrigin.of(control));
        }
    }

    /**
     * The result of a push that succeeded. Immutable.
     *
     * @param lagging repositories that do not hold the file yet
     * @param unqueued repositories that do not hold it, and for which it is not queued either
     * @param refused objects that were queued for a repository which will never take them as they are
     * @param abandoned whether threads are left that still wait for a store, so that stores must not be closed
     */
    public record PushReport(
            List<Lagging> lagging, List<Unqueued> unqueued, List<RefusedFile> refused, boolean abandoned) {
        static final PushReport COMPLETE = new PushReport(List.of(), List.of(), List.of(), false);

        public PushReport {
            lagging = List.copyOf(lagging);
            unqueued = List.copyOf(unqueued);
            refused = List.copyOf(refused);
        }

        /**
         * A repository for which the file is queued in the spool.
         *
         * @param reason why it does not hold it
         * @param waiting how many objects are queued for it now
         * @param cause whether it may be a matter of a moment
         */
        public record Lagging(String repository, String reason, int waiting, Cause cause) {}

        /** Why a repository does not hold a file. */
        public enum Cause {
            /** It did not answer in time, or older files go first. */
            SLOW,
            /** Something is wrong with it, or with the way to it. */
            FAILS
        }

        /**
         * A repository that does not hold the file, and for which it could not be queued: only {@code sync} fills it.
         *
         * @param reason why it does not hold it
         * @param problem why it is not queued
         */
        public record Unqueued(String repository, String reason, String problem) {
            static final String NEVER_SEEN = "this host does not know which repository is at its address";

            /** Whether no file can be queued for it before this host has seen it. */
            public boolean neverSeen() {
                return problem.equals(NEVER_SEEN);
            }
        }

        /**
         * An object that was queued, and will not be delivered.
         *
         * @param isPutAside whether it stays in the spool; otherwise an expiry removed its last copy
         */
        public record RefusedFile(String repository, String keyName, String problem, boolean isPutAside) {}
    }

    /**
     * When a file counts as archived, where there are several repositories. Immutable.
     *
     * @param repositories how many must hold it; for the others it is queued in the spool
     * @param spool where it is queued
     * @param cluster whose WAL it is
     * @param limit how long all of them together may take, and how long any one may
     * @param patience how long the others are waited for when enough hold it, and how long a backlog is worked on
     * @param clock for the pauses of repositories that failed
     */
    public record Acknowledgement(
            int repositories, Spool spool, ClusterName cluster, Duration limit, Duration patience, Clock clock) {
        public Acknowledgement {
            if (repositories < 1 || limit.isNegative() || patience.isNegative()) {
                throw new IllegalArgumentException(
                        "not an acknowledgement: " + repositories + " repositories within " + limit + ", " + patience);
            }
        }
    }
}
