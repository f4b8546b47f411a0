// SPDX-License-Identifier: Apache-2.0
package org.tidemark.retention;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.DamagedWal;
import org.tidemark.catalog.IncarnationListing;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.backup.Intent;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.backup.Mark.BackupMarks;
import org.tidemark.catalog.backup.Mark.BackupMarks.UnreadableMark;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.BackupKeys;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.catalog.wal.WalInventory;
import org.tidemark.catalog.wal.WalInventory.TimelineInventory;
import org.tidemark.core.Amounts;
import org.tidemark.core.ExitCode;
import org.tidemark.core.IoAction;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.recoverability.BackupCandidate;
import org.tidemark.recoverability.BackupProblem;
import org.tidemark.recoverability.CatalogSnapshot;
import org.tidemark.retention.RetentionCatalog.Keep;
import org.tidemark.retention.RetentionCatalog.PublishedBackup;
import org.tidemark.retention.RetentionCatalog.UnfinishedBackup;
import org.tidemark.retention.RetentionCatalog.WalScope;
import org.tidemark.store.ObjectLock;

/**
 * Reads what retention asks of one archive. The backups come before the WAL: a backup that is published between the two
 * begins after all WAL that could go.
 */
public final class CatalogReading {
    private final ClusterArchive archive;
    private final WalSegmentSize size;
    private final BackupCatalog catalog;
    private final Instant now;
    private final List<PublishedBackup> published = new ArrayList<>();
    private final List<UnfinishedBackup> unfinished = new ArrayList<>();
    private final List<String> unreadable = new ArrayList<>();

    private CatalogReading(ClusterArchive archive, BackupCatalog catalog, Instant now) {
        this.archive = archive;
        this.size = archive.identity().walSegmentSize();
        this.catalog = catalog;
        this.now = now;
    }

    /**
     * Reads an archive.
     *
     * @param catalog of its backups, with or without a cache
     * @param now at which keeps are in force
     */
    public static RetentionCatalog of(ClusterArchive archive, BackupCatalog catalog, Instant now) throws IOException {
        return of(archive, catalog, catalog.listObjects(now), catalog.marks(), now);
    }

    /** The same, where backups and marks were listed a moment ago. */
    public static RetentionCatalog of(
            ClusterArchive archive, BackupCatalog catalog, List<CatalogEntry> entries, BackupMarks marks, Instant now)
            throws IOException {
        return of(archive, catalog, entries, marks, archive.wal()::inventory, now);
    }

    /** The same, where the WAL is read in another way. */
    public static RetentionCatalog of(
            ClusterArchive archive,
            BackupCatalog catalog,
            List<CatalogEntry> entries,
            BackupMarks marks,
            IoAction.Returning<WalInventory> wal,
            Instant now)
            throws IOException {
        return new CatalogReading(archive, catalog, now).read(entries, marks, wal);
    }

    /**
     * The same out of what was listed already, for a report: without what has no backup. Nothing is read.
     *
     * @param snapshot made of the same
     * @param now at which keeps are in force
     */
    public static RetentionCatalog ofListed(
            ClusterArchive archive,
            List<CatalogEntry> entries,
            BackupMarks marks,
            WalInventory wal,
            CatalogSnapshot snapshot,
            Instant now) {
        return new CatalogReading(archive, archive.backups(), now).published(entries, marks, wal, snapshot);
    }

    private RetentionCatalog read(List<CatalogEntry> entries, BackupMarks marks, IoAction.Returning<WalInventory> wal)
            throws IOException {
        for (CatalogEntry entry : entries) {
            if (entry instanceof CatalogEntry.Unpublished each) {
                unfinished.add(unfinished(each));
            }
        }
        WalInventory read = wal.run();
        CatalogSnapshot snapshot = CatalogSnapshot.of(
                "", IncarnationListing.of(archive.identity(), read, entries, marks, DamagedWal.of(archive, marks)));
        // An unmounted disk lists nothing: what was read of one is believed only after this check.
        archive.repository().confirmPresent();
        return published(entries, marks, read, snapshot);
    }

    private RetentionCatalog published(
            List<CatalogEntry> entries, BackupMarks marks, WalInventory wal, CatalogSnapshot snapshot) {
        for (CatalogEntry entry : entries) {
            switch (entry) {
                case CatalogEntry.Published each -> published.add(published(each, marks, snapshot));
                case CatalogEntry.Unreadable each ->
                    unreadable.add("the description of backup '" + each.id() + "': " + each.problem());
                case CatalogEntry.Unpublished _ -> {}
            }
        }
        tellLosses(entries);
        for (UnreadableMark mark : marks.unreadable()) {
            switch (ObjectName.parse(mark.key())) {
                // A doubt about one backup, which stays.
                case ObjectName.BackupMark _ -> {}
                // Says nothing about what is kept.
                case ObjectName.WalMark _ -> {}
                case ObjectName other -> unreadable.add("'" + mark.key() + "' " + mark.problem());
            }
        }
        for (TimelineInventory timeline : wal.timelines()) {
            timeline.historyProblem()
                    .ifPresent(problem ->
                            unreadable.add("the history of timeline " + timeline.timeline() + ": " + problem));
        }
        Optional<Duration> lock = archive.repository().store().lock().map(ObjectLock::period);
        return new RetentionCatalog(size, published, unfinished, wal, lock, unreadable).dated(now);
    }

    private PublishedBackup published(CatalogEntry.Published entry, BackupMarks marks, CatalogSnapshot snapshot) {
        BaseBackup backup = entry.backup();
        PublishedBackup published = new PublishedBackup(
                backup.id(),
                backup.wal(),
                backup.run().ended(),
                backup.contents().storedSizeBytes(),
                snapshot.problems(BackupCandidate.of(entry, "", marks.damage(backup))).stream()
                        .map(CatalogReading::words)
                        .findFirst(),
                marks.keep(backup.id(), now).map(CatalogReading::keep),
                doubt(backup.keys(), marks),
                marks.verified(backup.id()).filter(mark -> mark.problems() == 0).isPresent(),
                backup.contents().damagedPagesCount() > 0,
                backup.run().ended());
        return backup.run().endedBefore().map(published::endedBefore).orElse(published);
    }

    private void tellLosses(List<CatalogEntry> entries) {
        Set<BackupId> usable = published.stream()
                .filter(each -> each.problem().isEmpty())
                .map(PublishedBackup::id)
                .collect(Collectors.toSet());
        Map<BackupId, String> losses = LostTablespaces.of(entries.stream()
                .filter(CatalogEntry.Published.class::isInstance)
                .map(each -> ((CatalogEntry.Published) each).backup())
                .filter(each -> usable.contains(each.id())));
        published.replaceAll(each -> Optional.ofNullable(losses.get(each.id()))
                .map(each::withProblem)
                .orElse(each));
    }

    private static String words(BackupProblem problem) {
        return switch (problem) {
            case BackupProblem.Damaged damaged ->
                damaged.lacking()
                        .map(lacking -> "it " + lacking.problem())
                        .or(() -> damaged.found()
                                .map(mark -> Amounts.count(mark.problems(), "problem", "problems") + " when verified"))
                        .orElseThrow();
            case BackupProblem.NoHistory history ->
                "the history of timeline " + history.timeline() + " is not archived";
            case BackupProblem.MissingWal _ -> "its WAL is not complete";
        };
    }

    private static Keep keep(Mark.Kept mark) {
        WalScope scope = switch (mark.target()) {
            case FULL -> WalScope.FULL;
            case STANDALONE -> WalScope.STANDALONE;
        };
        return new Keep(scope, mark.until(), mark.note());
    }

    /** Whether it cannot be told if the operator keeps a backup. */
    static Optional<String> doubt(BackupKeys backup, BackupMarks marks) {
        return marks.unreadable(backup).stream()
                .filter(mark -> !mark.isSettled())
                .findFirst()
                .map(mark -> "'" + mark.key() + "' " + mark.problem())
                .or(() -> marks.of(backup.id()).stream()
                        .filter(Mark.Unknown.class::isInstance)
                        .findFirst()
                        .map(mark -> "this backup has a mark that this version does not know"));
    }

    private UnfinishedBackup unfinished(CatalogEntry.Unpublished entry) throws IOException {
        if (entry.isRemoved()) {
            return UnfinishedBackup.removed(entry.id(), entry.lastStored());
        }
        Optional<Intent> intent = Optional.empty();
        try {
            intent = catalog.intent(entry.id());
        } catch (DamagedObjectException | UserFacingException e) {
            if (e instanceof UserFacingException known && known.exitCode() == ExitCode.INTERRUPTED) {
                throw known;
            }
            // Which WAL it needs, nobody knows.
        }
        Instant lastStored = EffectiveTimes.ofUnfinished(
                entry.lastStored(),
                Stream.concat(
                        intent.map(Intent::started).stream(),
                        Stream.of(entry.id().started())),
                now);
        return new UnfinishedBackup(entry.id(), lastStored, intent.flatMap(Intent::walFrom), false);
    }
}
