// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.queue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.tidemark.archiver.PushTarget.Holders;
import org.tidemark.archiver.queue.KnownHistories.StoredIncarnation;
import org.tidemark.archiver.queue.PendingObject.CopySource;
import org.tidemark.archiver.queue.RemoteCopySource.RemovedFromHolderException;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.EncryptedOnlyStore.NotEncryptedException;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.format.ContainerHeader;
import org.tidemark.catalog.format.ContainerHeader.ContentDigests;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.format.VerifiedSource;
import org.tidemark.catalog.wal.RemovedWal;
import org.tidemark.catalog.wal.WalConflictException;
import org.tidemark.core.ExitCode;
import org.tidemark.core.HostName;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.StorageException.ObjectMissing;

/** Delivers the queue of a repository, oldest first. Not thread-safe; several at once do no harm. */
public final class BacklogDelivery {
    private static final String HISTORY = ".history";
    private static final String BACKUP_HISTORY = ".backup";
    private static final int TIMELINE_DIGITS = 8;

    private final PendingQueue queue;
    private final ClusterArchive archive;
    private final Holders holders;
    private final KnownHistories histories;
    private final Clock clock;
    private final Map<String, ClusterArchive> opened = new HashMap<>();

    /** The backups of the repository, once something was missing. */
    private Optional<List<CatalogEntry>> entries = Optional.empty();

    /**
     * @param holders the repositories that hold the bytes of objects that are queued by name
     * @param histories remembers those that are delivered
     * @throws UserFacingException with OTHER_REPOSITORY if the queue is not for the archive's repository
     */
    public BacklogDelivery(
            PendingQueue queue, ClusterArchive archive, Holders holders, KnownHistories histories, Clock clock) {
        if (!queue.repository().equals(archive.repository().id())
                || !queue.cluster().equals(archive.identity().cluster())
                || queue.system().value() != archive.identity().system().value()) {
            throw new UserFacingException(
                    ExitCode.OTHER_REPOSITORY,
                    "what is queued for '" + queue.cluster() + "' in repository " + queue.repository()
                            + " is not for repository " + archive.repository().id() + " at "
                            + archive.repository().store().description(),
                    "Check that the right disk is mounted, and that the address is right.");
        }
        this.queue = queue;
        this.archive = archive;
        this.holders = holders;
        this.histories = histories;
        this.clock = clock;
    }

    /**
     * The result of a delivery.
     *
     * @param refused what was put aside, since this repository will never take it as it is
     * @param removed what left the queue undelivered, since an expiry removed the last copy
     * @param stoppedBy why the rest is still waiting; empty if nothing failed
     */
    public record DeliveryReport(
            int objects,
            long bytes,
            List<RefusedObject> refused,
            List<RefusedObject> removed,
            Optional<Exception> stoppedBy) {
        public DeliveryReport {
            refused = List.copyOf(refused);
            removed = List.copyOf(removed);
        }

        /** One during which no expiry was noticed. */
        public DeliveryReport(int objects, long bytes, List<RefusedObject> refused, Optional<Exception> stoppedBy) {
            this(objects, bytes, refused, List.of(), stoppedBy);
        }
    }

    /** An object that was not delivered, and why. */
    public record RefusedObject(String keyName, String problem) {
        /** The hint beside {@link #noLongerQueued}. */
        public static final String SEE_POLICIES = "See what the policies keep with: tidemark retention";

        /** The message about an object that an expiry removed before it could be delivered. */
        public String noLongerQueued(String repository) {
            return "'" + keyName + "', queued for '" + repository + "', is no longer queued: " + problem;
        }
    }

    /**
     * Delivers until nothing is left, or the repository fails. What follows a history that the repository refused is
     * put aside as well: WAL of a timeline without its history misleads a recovery.
     *
     * @param listed what is queued
     * @param most no more objects than this, those that are put aside included
     * @param goOn asked before each object
     * @throws IOException if the spool itself cannot be written
     */
    public DeliveryReport deliver(QueueListing listed, int most, BooleanSupplier goOn) throws IOException {
        int objects = 0;
        long bytes = 0;
        List<RefusedObject> refused = new ArrayList<>();
        List<RefusedObject> removed = new ArrayList<>();
        Set<String> withoutHistory = withoutHistory(listed.refused());
        for (PendingObject object : listed.first(most)) {
            if (!goOn.getAsBoolean()) {
                break;
            }
            try {
                bytes += give(object, withoutHistory);
            } catch (NoSuchFileException e) {
                continue; // another process delivered it
            } catch (RemovedFromHolderException e) {
                removed.add(forget(object, e));
                continue;
            } catch (IOException | UserFacingException e) {
                UserFacingException explained = StorageErrors.explain(e);
                if (!willNeverBeTaken(explained)) {
                    return new DeliveryReport(objects, bytes, refused, removed, Optional.of(e));
                }
                if (isLostAndNotNeeded(object, explained)) {
                    queue.delivered(object);
                    continue;
                }
                queue.refuse(object);
                refused.add(new RefusedObject(object.keyName(), explained.getMessage()));
                if (object.keyName().endsWith(HISTORY)) {
                    withoutHistory.add(timeline(object));
                }
                continue;
            }
            queue.delivered(object);
            objects++;
        }
        return new DeliveryReport(objects, bytes, refused, removed, Optional.empty());
    }

    /**
     * Takes an object from the queue that no repository holds any more because an expiry removed it. That the segment
     * is missing here is no hole either, unless a recovery from a backup here leads through it: then it stays one.
     */
    private RefusedObject forget(PendingObject object, RemovedFromHolderException removed) throws IOException {
        Segment segment = removed.segment();
        boolean isNeeded = mayBeNeeded(segment);
        if (object.keyName().equals(segment.name()) && !isNeeded) {
            archive.wal()
                    .gaps()
                    .noteRemoval(new RemovedWal(segment, segment, clock.instant(), HostName.ofThisMachine()));
        }
        queue.delivered(object);
        return new RefusedObject(
                object.keyName(),
                removed.problem() + (isNeeded ? "; older backups of this repository cannot be recovered past it" : ""));
    }

    /** Whether there is a backup here from before this segment, as far as can be told. */
    private boolean mayBeNeeded(Segment segment) throws IOException {
        if (entries.isEmpty()) {
            entries = Optional.of(archive.backups().list());
        }
        return entries.get().stream().anyMatch(entry -> switch (entry) {
            case CatalogEntry.Published published -> {
                Segment first = published.backup().walFirst();
                yield first.timeline().compareTo(segment.timeline()) <= 0
                        && first.index(archive.identity().walSegmentSize())
                                <= segment.index(archive.identity().walSegmentSize());
            }
            case CatalogEntry.Unreadable _ -> true;
            case CatalogEntry.Unpublished unpublished -> !unpublished.isRemoved();
        });
    }

    /** The timelines whose histories are among what was put aside. */
    private static Set<String> withoutHistory(List<PendingObject> refused) {
        Set<String> timelines = new HashSet<>();
        for (PendingObject object : refused) {
            if (object.keyName().endsWith(HISTORY)) {
                timelines.add(timeline(object));
            }
        }
        return timelines;
    }

    private static String timeline(PendingObject object) {
        return object.keyName().substring(0, TIMELINE_DIGITS);
    }

    /**
     * When this returns, the repository holds the object.
     *
     * @return how many bytes were stored, or were there
     */
    private long give(PendingObject object, Set<String> withoutHistory) throws IOException, RemovedFromHolderException {
        boolean history = object.keyName().endsWith(HISTORY);
        if (!history && withoutHistory.contains(timeline(object))) {
            throw new RefusedHistoryException(timeline(object) + HISTORY);
        }
        ContainerHeader header;
        ObjectSource source;
        if (object.held().isPresent()) {
            if (Files.notExists(object.file())) {
                throw new NoSuchFileException(object.file().toString());
            }
            RemoteCopySource held;
            try {
                held = RemoteCopySource.find(object, holders, this::opened);
            } catch (DamagedObjectException e) {
                if (isThere(object, object.held().get())) {
                    return 0;
                }
                throw e;
            } catch (RemovedFromHolderException e) {
                if (isThere(object, object.held().get())) {
                    return 0;
                }
                throw e;
            }
            header = held.header();
            source = held.source();
        } else {
            PendingObject.Content content = object.read();
            requireOfThisCluster(object, content);
            header = content.header();
            source = content.source();
        }
        if (history) {
            LateHistory.note(object, archive, clock);
        }
        try {
            archive.wal().putStored(object.keyName(), header, source);
        } catch (IOException | UserFacingException e) {
            if (source instanceof VerifiedSource read && read.failure().isPresent()) {
                throw read.failure().get(); // the fault is of the store that is read
            }
            throw e;
        }
        if (history) {
            histories.isNowIn(
                    StoredIncarnation.of(queue),
                    (WalFile.TimelineHistoryFile) WalFile.parse(object.keyName()),
                    header.content().map(ContentDigests::plain).orElseThrow());
        }
        return source.sizeBytes();
    }

    private ClusterArchive opened(Holders.Holder holder) throws IOException {
        ClusterArchive known = opened.get(holder.name());
        if (known == null) {
            known = holder.opening().open(queue.system());
            opened.put(holder.name(), known);
        }
        return known;
    }

    /** Whether sync has copied it meanwhile from a repository that was not asked here. */
    private boolean isThere(PendingObject object, CopySource held) throws IOException {
        try {
            RemoteCopySource there = RemoteCopySource.of(object.keyName(), archive);
            return held.isOf(there.plain());
        } catch (ObjectMissing | DamagedObjectException e) {
            return false;
        }
    }

    private static boolean willNeverBeTaken(UserFacingException problem) {
        return problem.exitCode() == ExitCode.WAL_CONFLICT
                || problem.exitCode() == ExitCode.DAMAGED
                || problem instanceof NotEncryptedException
                || problem instanceof RefusedHistoryException;
    }

    /** No recovery needs a backup history file, since each backup has its own label: a lost one needs no decision. */
    private static boolean isLostAndNotNeeded(PendingObject object, UserFacingException problem) {
        return problem.exitCode() == ExitCode.DAMAGED && object.keyName().endsWith(BACKUP_HISTORY);
    }

    /** The repository refused the history of the timeline, and so everything of the timeline. */
    private static final class RefusedHistoryException extends UserFacingException {
        private static final long serialVersionUID = 1L;

        RefusedHistoryException(String history) {
            super(
                    ExitCode.WAL_REFUSED,
                    "the repository refused '" + history + "', and without it no restore can use WAL of this timeline",
                    "Decide about the history first.");
        }
    }

    /**
     * Tries once more what was put aside: the conflict may have been resolved, and a copy that this host damaged may
     * have come from elsewhere meanwhile. Histories come first, and one that is refused again holds back its timeline.
     */
    public DeliveryReport retryRefused() throws IOException {
        int objects = 0;
        long bytes = 0;
        List<RefusedObject> refused = new ArrayList<>();
        List<RefusedObject> removed = new ArrayList<>();
        List<PendingObject> again = new ArrayList<>(queue.refused());
        again.sort(Comparator.comparing(
                object -> !object.keyName().endsWith(HISTORY))); // stable: else in the order of the queue
        Set<String> withoutHistory = new HashSet<>();
        for (PendingObject object : again) {
            try {
                OptionalLong given = giveAgain(object, withoutHistory);
                if (given.isPresent()) {
                    objects++;
                    bytes += given.getAsLong();
                }
                queue.delivered(object);
            } catch (NoSuchFileException e) {
                // Somebody removed it.
            } catch (RemovedFromHolderException e) {
                removed.add(forget(object, e));
            } catch (DamagedObjectException
                    | WalConflictException
                    | NotEncryptedException
                    | RefusedHistoryException e) {
                UserFacingException explained = StorageErrors.explain(e);
                if (isLostAndNotNeeded(object, explained)) {
                    queue.delivered(object);
                    continue;
                }
                refused.add(new RefusedObject(object.keyName(), String.valueOf(e.getMessage())));
                if (object.keyName().endsWith(HISTORY)) {
                    withoutHistory.add(timeline(object));
                }
            }
        }
        return new DeliveryReport(objects, bytes, refused, removed, Optional.empty());
    }

    /** @return empty if this host's copy is damaged, and the repository has one of its own */
    private OptionalLong giveAgain(PendingObject object, Set<String> withoutHistory)
            throws IOException, RemovedFromHolderException {
        try {
            return OptionalLong.of(give(object, withoutHistory));
        } catch (DamagedObjectException e) {
            if (object.held().isEmpty() && !isIntact(object) && archive.wal().containsStored(object.keyName())) {
                return OptionalLong.empty();
            }
            throw e;
        }
    }

    private static boolean isIntact(PendingObject object) throws IOException {
        try {
            object.read();
            return true;
        } catch (DamagedObjectException e) {
            return false;
        }
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
