// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.backup.Mark.BackupMarks;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.wal.WalInventory;
import org.tidemark.catalog.wal.WalInventory.TimelineInventory;
import org.tidemark.catalog.wal.WalInventory.WalRun;
import org.tidemark.core.CopyableCommand;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.UserFacingException;

/** Reads the listings, histories and descriptions of one repository that a planner needs, and no data. */
public final class CatalogReader {
    private final String repository;
    private final ClusterIdentity identity;
    private final List<BackupCandidate> backups = new ArrayList<>();
    private final List<String> unreadable = new ArrayList<>();
    private final Map<Timeline, TimelineWal> segments = new HashMap<>();
    private final List<ArchivedWal.Partial> partials = new ArrayList<>();
    private final Map<Timeline, TimelineHistory> histories = new HashMap<>();
    private final Map<Timeline, Instant> historiesStored = new HashMap<>();
    private final Set<Timeline> damagedHistories = new HashSet<>();
    private final List<PlanFinding> remarks = new ArrayList<>();

    private CatalogReader(String repository, ClusterIdentity identity, List<CatalogEntry> entries, BackupMarks marks) {
        this.repository = repository;
        this.identity = identity;
        // A copied history was stored later than its timeline began.
        historiesStored.putAll(marks.begun());
        for (CatalogEntry entry : entries) {
            switch (entry) {
                case CatalogEntry.Published published ->
                    backups.add(BackupCandidate.of(published, repository, marks.damage(published.id())));
                case CatalogEntry.Unreadable damaged ->
                    unreadable.add(damaged.id().value());
                case CatalogEntry.Unpublished remains -> {}
            }
        }
    }

    /**
     * Reads what a plan needs of one incarnation before it lists WAL. Damage of a part is a remark and leaves that part
     * out; a store that does not answer is an exception.
     *
     * @param repository its name in plans
     * @param backups its backups
     * @param entries the same, as they were listed
     */
    static Read read(String repository, ClusterArchive archive, BackupCatalog backups, List<CatalogEntry> entries)
            throws IOException {
        List<PlanFinding> unread = new ArrayList<>();
        BackupMarks marks = marks(repository, backups, unread);
        CatalogReader reader = new CatalogReader(repository, archive.identity(), entries, marks);
        reader.remarks.addAll(unread);
        archive.wal().historiesStored().forEach(reader::noteHistory);
        List<Timeline> timelines = archive.wal().timelines();
        for (Timeline timeline : timelines) {
            reader.readHistory(archive, timeline);
        }
        RepositoryWal wal = new RepositoryWal(archive, timelines);
        // An unmounted disk lists nothing: an empty listing is believed only after this check.
        archive.repository().confirmPresent();
        return new Read(reader.catalog(wal.listed()), wal);
    }

    /**
     * The catalog of one repository.
     *
     * @param catalog with the beginning of each timeline's WAL alone
     * @param wal lists more of it
     */
    public record Read(CatalogSnapshot catalog, RepositoryWal wal) {}

    /** What verify noted is worth knowing, and no reason to restore nothing. */
    private static BackupMarks marks(String repository, BackupCatalog backups, List<PlanFinding> unread) {
        try {
            BackupMarks marks = backups.marks();
            marks.damaged()
                    .forEach(problem -> unread.add(PlanFinding.warning(
                            PlanFinding.Topic.BACKUP,
                            "the results of verify in '" + repository + "' cannot be read: " + problem,
                            "Look for damage with: "
                                    + CopyableCommand.of("verify", "--all", "--repository", repository))));
            return marks;
        } catch (IOException e) {
            UserFacingException why = StorageErrors.explain(e);
            unread.add(PlanFinding.warning(
                    PlanFinding.Topic.BACKUP,
                    "the results of verify in '" + repository + "' cannot be read: " + why.getMessage(),
                    why.hint()));
            return BackupMarks.NONE;
        }
    }

    private void noteHistory(Timeline timeline, Instant stored) {
        historiesStored.merge(timeline, stored, (one, other) -> other.isBefore(one) ? other : one);
    }

    /**
     * The same out of an inventory that was taken already. It knows the first and the last of a run of segments: the
     * others are taken to be as young as the last one, which is never too early.
     *
     * @param marks those of the repository; none where they cannot be read
     */
    public static CatalogSnapshot of(
            String repository,
            ClusterIdentity identity,
            WalInventory inventory,
            List<CatalogEntry> entries,
            BackupMarks marks) {
        CatalogReader reader = new CatalogReader(repository, identity, entries, marks);
        inventory.timelines().forEach(reader::note);
        return reader.catalog(new ArchivedWal(identity.walSegmentSize(), reader.segments, reader.partials));
    }

    private CatalogSnapshot catalog(ArchivedWal wal) {
        return new CatalogSnapshot(
                List.of(repository), backups, unreadable, wal, histories, historiesStored, damagedHistories, remarks);
    }

    private void note(TimelineInventory inventory) {
        inventory.history().ifPresent(history -> histories.put(inventory.timeline(), history));
        inventory.historyStored().ifPresent(stored -> noteHistory(inventory.timeline(), stored));
        inventory.historyProblem().ifPresent(problem -> damaged(inventory.timeline(), problem));
        TimelineWal.Builder whole = new TimelineWal.Builder();
        for (WalRun run : inventory.runs()) {
            long bytes = run.storedBytes() / run.count();
            long first = run.first().index(identity.walSegmentSize());
            whole.add(first, bytes, run.firstStored());
            if (run.count() > 1) {
                whole.add(first + 1, first + run.count() - 1, bytes, run.lastStored());
            }
        }
        segments.put(inventory.timeline(), whole.build());
        // When a partial segment was stored is not in the inventory: not before the last whole one.
        Instant last = inventory.runs().isEmpty()
                ? inventory.historyStored().orElse(Instant.EPOCH)
                : inventory.runs().getLast().lastStored();
        inventory.partials().forEach(each -> partials.add(new ArchivedWal.Partial(each.segment(), each.end(), last)));
    }

    private void readHistory(ClusterArchive archive, Timeline timeline) throws IOException {
        try {
            archive.wal().history(timeline).ifPresent(history -> histories.put(timeline, history));
        } catch (DamagedObjectException e) {
            damaged(timeline, e.getMessage());
        }
    }

    private void damaged(Timeline timeline, String problem) {
        damagedHistories.add(timeline);
        remarks.add(PlanFinding.warning(
                PlanFinding.Topic.TARGET,
                "the history of timeline " + timeline + " in '" + repository + "' cannot be read: " + problem,
                "Is it intact in another repository, or in the pg_wal of a server?"));
    }
}
