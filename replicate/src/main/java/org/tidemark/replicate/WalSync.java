// SPDX-License-Identifier: Apache-2.0
package org.tidemark.replicate;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.Listing;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.format.ContainerKind;
import org.tidemark.catalog.layout.IncarnationKeys.Folder;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.catalog.wal.RemovedWal;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.Workers;
import org.tidemark.replicate.ObjectTransfer.Identity;
import org.tidemark.replicate.SyncOptions.SyncMode;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;

/**
 * Copies WAL files: histories first, since WAL of a timeline without its history misleads a recovery.
 *
 * @param removed from the target on purpose
 */
record WalSync(
        ClusterArchive source, ClusterArchive target, List<RemovedWal> removed, ObjectTransfer transfer, Workers pool) {
    /** No mark is needed for a smaller difference between the clocks of two stores. */
    private static final Duration CLOCKS_DIFFER = Duration.ofMinutes(1);

    /** Returns when all of it is stored. */
    void run() throws IOException {
        lookForOthers();
        histories();
        folder(source.identity().keys().wal());
        pool.await();
    }

    /** Notes the folders that are not copied, and what does not belong among the pieces of segments. */
    private void lookForOthers() throws IOException {
        String prefix = source.identity().keys().prefix();
        for (String name : Listing.folders(transfer.from(), prefix)) {
            if (Folder.of(name).filter(WalSync::isKnown).isEmpty()) {
                transfer.counts().notCopied(prefix + name + "/");
            }
        }
        Listing.visit(transfer.from(), source.identity().keys().pieces(), object -> {
            if (ObjectName.parse(source.identity().keys(), object.key()) instanceof ObjectName.Unknown) {
                transfer.counts().notCopied(object.key().value());
            }
        });
    }

    private static boolean isKnown(Folder folder) {
        return switch (folder) {
            case WAL, HISTORY -> true; // copied here
            case CATALOG, BACKUP, MARK -> true; // copied with the backups
            case GAP, DEAD -> true; // what was removed from one repository says nothing about another
            case RUN -> true; // what was done in one repository says nothing about another
            case DRILL -> true; // copied as they are
            case REPAIRED -> true; // the objects themselves are compared
            case STREAM -> true; // of use until their segments are archived, and stored in each repository
        };
    }

    /** Copies the WAL that one backup needs, and all histories. */
    void run(BaseBackup backup) throws IOException {
        histories();
        List<Segment> segments =
                backup.wal().segments(source.identity().walSegmentSize()).toList();
        for (Segment segment : segments) {
            ObjectKey key = source.wal().key(segment);
            Optional<ObjectInfo> here = transfer.to().stat(key).isPresent()
                    ? Optional.empty()
                    : transfer.from().stat(key);
            if (here.isPresent()) {
                pool.submit(() -> transfer.container(here.get(), new Identity(ContainerKind.WAL, segment.name())));
            }
        }
        pool.await();
    }

    private void histories() throws IOException {
        if (transfer.options().mode() == SyncMode.COPY) {
            noteBeginnings();
        }
        folder(source.identity().keys().histories());
        pool.await();
    }

    /**
     * A copy is stored later than what it was copied from, but when a timeline began decides which of two is followed:
     * the source's time is noted before the history is there.
     */
    private void noteBeginnings() throws IOException {
        Map<Timeline, Instant> known = begun(target);
        for (Map.Entry<Timeline, Instant> each : begun(source).entrySet()) {
            Instant there = known.getOrDefault(each.getKey(), Instant.MAX);
            if (each.getValue().isBefore(there.minus(CLOCKS_DIFFER))) {
                target.backups().markWal(new Mark.Begun(each.getValue(), each.getKey()));
            }
        }
    }

    /** When each timeline began whose history an archive holds. */
    private static Map<Timeline, Instant> begun(ClusterArchive archive) throws IOException {
        return archive.backups().walMarks().begun(archive.wal().listing().historiesStored());
    }

    private void folder(String prefix) throws IOException {
        Listing here = Listing.of(transfer.from(), prefix);
        Listing there = Listing.of(transfer.to(), prefix);
        for (ObjectInfo object = here.next(); object != null; object = here.next()) {
            ObjectInfo each = object;
            Optional<Identity> what =
                    identityOf(ObjectName.parse(source.identity().keys(), each.key()));
            if (what.isEmpty()) {
                transfer.counts().notCopied(each.key().value());
                continue;
            }
            Optional<ObjectInfo> other = there.find(each.key());
            if (other.isEmpty() && isRemoved(each.key())) {
                continue;
            }
            if (other.isEmpty() && transfer.isRejected(each.key())) {
                pool.submit(() -> transfer.replace(each, what.get()));
                continue;
            }
            if (other.isEmpty()) {
                pool.submit(() -> transfer.container(each, what.get()));
            } else if (transfer.options().comparing().readsHeaders()) {
                pool.submit(() -> transfer.compare(each, other.get(), what.get()));
            }
        }
    }

    /** Whether an expiry removed it there: then it stays away, although another repository has it. */
    private boolean isRemoved(ObjectKey key) {
        return ObjectName.parse(source.identity().keys(), key) instanceof ObjectName.Wal wal
                && removed.stream().anyMatch(range -> range.contains(wal.segment()));
    }

    /** Empty for what is not among the WAL of a repository. */
    private static Optional<Identity> identityOf(ObjectName.OfIncarnation name) {
        return switch (name) {
            case ObjectName.Wal wal ->
                Optional.of(new Identity(ContainerKind.WAL, wal.file().name()));
            case ObjectName.History history ->
                Optional.of(new Identity(ContainerKind.HISTORY, history.file().name()));
            case ObjectName.IncarnationIdentity _,
                    ObjectName.OfBackup _,
                    ObjectName.WalMark _,
                    ObjectName.RemovedWal _,
                    ObjectName.GivenUpWal _,
                    ObjectName.Attempt _,
                    ObjectName.DrillEvidence _,
                    ObjectName.Repaired _,
                    ObjectName.StreamPiece _,
                    ObjectName.Rejection _,
                    ObjectName.Unknown _ -> Optional.empty();
        };
    }
}
