// SPDX-License-Identifier: Apache-2.0
package org.tidemark.replicate;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.ContainerKind;
import org.tidemark.catalog.Listing;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.layout.Folder;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.Workers;
import org.tidemark.replicate.ObjectTransfer.Identity;
import org.tidemark.replicate.SyncOptions.SyncMode;
import org.tidemark.replicate.SyncReport.SyncCounts;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStore;

/** Copies WAL files: histories first, since WAL of a timeline without its history misleads a recovery. */
final class WalSync {
    /** No mark is needed for a smaller difference between the clocks of two stores. */
    private static final Duration CLOCKS_DIFFER = Duration.ofMinutes(1);

    private final ClusterArchive source;
    private final ClusterArchive target;
    private final ClusterIdentity identity;
    private final ObjectStore from;
    private final ObjectStore to;
    private final SyncOptions options;
    private final ObjectTransfer transfer;
    private final SyncCounts counts;

    WalSync(
            ClusterArchive source,
            ClusterArchive target,
            SyncOptions options,
            ObjectTransfer transfer,
            SyncCounts counts) {
        this.source = source;
        this.target = target;
        this.identity = source.identity();
        this.from = source.repository().store();
        this.to = target.repository().store();
        this.options = options;
        this.transfer = transfer;
        this.counts = counts;
    }

    /** Returns when all of it is stored. */
    void run(Workers pool) throws IOException {
        lookForOthers();
        histories(pool);
        folder(identity.keys().wal(), pool);
        pool.await();
    }

    /** Notes the folders that are not copied. */
    private void lookForOthers() throws IOException {
        String prefix = identity.keys().prefix();
        for (String name : Listing.folders(from, prefix)) {
            boolean copied = Folder.of(name).filter(WalSync::isCopied).isPresent();
            if (!copied) {
                counts.notCopied(prefix + name + "/");
            }
        }
    }

    private static boolean isCopied(Folder folder) {
        return switch (folder) {
            case WAL, HISTORY -> true; // here
            case CATALOG, BACKUP, MARK -> true; // with the backups
            case STREAM, GAP, RESOLVED, DEAD -> false; // no version stores them yet
        };
    }

    /** Copies the WAL that one backup needs, and all histories. */
    void run(BaseBackup backup, Workers pool) throws IOException {
        histories(pool);
        List<Segment> segments =
                backup.wal().segments(identity.walSegmentSize()).toList();
        for (Segment segment : segments) {
            ObjectKey key = source.wal().key(segment);
            Optional<ObjectInfo> here = to.stat(key).isPresent() ? Optional.empty() : from.stat(key);
            if (here.isPresent()) {
                pool.submit(() -> transfer.container(here.get(), new Identity(ContainerKind.WAL, segment.name())));
            }
        }
        pool.await();
    }

    private void histories(Workers pool) throws IOException {
        if (options.mode() == SyncMode.COPY) {
            noteBeginnings();
        }
        folder(identity.keys().histories(), pool);
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
        Map<Timeline, Instant> begun = new TreeMap<>(archive.wal().historiesStored());
        archive.backups()
                .walMarks()
                .begun()
                .forEach((timeline, at) -> begun.merge(timeline, at, (a, b) -> a.isBefore(b) ? a : b));
        return begun;
    }

    private void folder(String prefix, Workers pool) throws IOException {
        Listing here = Listing.of(from, prefix);
        Listing there = Listing.of(to, prefix);
        for (ObjectInfo object = here.next(); object != null; object = here.next()) {
            ObjectInfo each = object;
            Optional<Identity> what = identityOf(ObjectName.parse(identity.keys(), each.key()));
            if (what.isEmpty()) {
                counts.notCopied(each.key().value());
                continue;
            }
            Optional<ObjectInfo> other = there.find(each.key());
            if (other.isEmpty()) {
                pool.submit(() -> transfer.container(each, what.get()));
            } else if (options.comparing() == SyncOptions.Comparing.DIGESTS) {
                pool.submit(() -> transfer.compare(each, other.get(), what.get()));
            }
        }
    }

    /** Empty for what does not lie among the WAL of a repository. */
    private static Optional<Identity> identityOf(ObjectName.OfIncarnation name) {
        return switch (name) {
            case ObjectName.Wal wal ->
                Optional.of(new Identity(ContainerKind.WAL, wal.file().name()));
            case ObjectName.History history ->
                Optional.of(new Identity(ContainerKind.HISTORY, history.file().name()));
            case ObjectName.IncarnationIdentity _,
                    ObjectName.OfBackup _,
                    ObjectName.WalMark _,
                    ObjectName.Reserved _,
                    ObjectName.Unknown _ -> Optional.empty();
        };
    }
}
