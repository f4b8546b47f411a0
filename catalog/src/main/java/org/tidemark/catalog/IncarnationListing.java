// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.backup.Mark.BackupMarks;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.wal.ArchivedWal;
import org.tidemark.catalog.wal.RepositoryWal;
import org.tidemark.catalog.wal.TimelineWal;
import org.tidemark.catalog.wal.WalInventory;
import org.tidemark.catalog.wal.WalInventory.TimelineInventory;
import org.tidemark.catalog.wal.WalInventory.WalRun;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.UserFacingException;

/**
 * What one repository holds of one incarnation: listings, histories and descriptions, and no data. Immutable.
 *
 * @param entries the backups, as they were listed
 * @param marks what is known of the backups; none where they cannot be read
 * @param unreadMarks why the marks cannot be read
 * @param wal which segments are archived
 * @param histories those that are archived and can be read; timeline 1 has none
 * @param historiesStored when a history was stored, by the store's clock, where that is known
 * @param damagedHistories why a history that is archived cannot be read
 */
public record IncarnationListing(
        ClusterIdentity identity,
        List<CatalogEntry> entries,
        BackupMarks marks,
        Optional<UserFacingException> unreadMarks,
        ArchivedWal wal,
        Map<Timeline, TimelineHistory> histories,
        Map<Timeline, Instant> historiesStored,
        Map<Timeline, String> damagedHistories) {
    public IncarnationListing {
        entries = List.copyOf(entries);
        histories = Map.copyOf(histories);
        historiesStored = Map.copyOf(historiesStored);
        damagedHistories = Map.copyOf(damagedHistories);
    }

    /**
     * What was read, and what lists more.
     *
     * @param listing with the beginning of each timeline's WAL alone
     * @param wal lists more of it
     * @param damaged what is not counted, although it is there
     */
    public record Read(IncarnationListing listing, RepositoryWal wal, DamagedWal damaged) {}

    /**
     * Reads an incarnation, but lists no more WAL than the beginning of each timeline. Damage of a part leaves that
     * part out and is told; a store that does not answer is an exception.
     *
     * @param backups its backups
     * @param entries the same, as they were listed
     */
    public static Read read(ClusterArchive archive, BackupCatalog backups, List<CatalogEntry> entries)
            throws IOException {
        BackupMarks marks = BackupMarks.NONE;
        Optional<UserFacingException> unreadMarks = Optional.empty();
        try {
            marks = backups.marks();
        } catch (IOException e) {
            // What verify noted is worth knowing, and no reason to restore nothing.
            unreadMarks = Optional.of(StorageErrors.explain(e));
        }
        Histories histories = new Histories(marks);
        archive.wal().listing().historiesStored().forEach(histories::stored);
        List<Timeline> timelines = archive.wal().listing().timelines();
        for (Timeline timeline : timelines) {
            try {
                archive.wal().history(timeline).ifPresent(history -> histories.known.put(timeline, history));
            } catch (DamagedObjectException e) {
                histories.damaged.put(timeline, String.valueOf(e.getMessage()));
            }
        }
        DamagedWal damaged = DamagedWal.of(archive, marks);
        RepositoryWal wal = new RepositoryWal(archive, timelines, damaged.segments());
        // An unmounted disk lists nothing: an empty listing is believed only after this check.
        archive.repository().confirmPresent();
        return new Read(histories.listing(archive.identity(), entries, marks, unreadMarks, wal.listed()), wal, damaged);
    }

    /**
     * The same out of an inventory that was taken already. It knows the first and the last of a run of segments: the
     * others are taken to be as young as the last one, which is never too early.
     *
     * @param marks those of the repository; none where they cannot be read
     */
    public static IncarnationListing of(
            ClusterIdentity identity, WalInventory inventory, List<CatalogEntry> entries, BackupMarks marks) {
        return of(identity, inventory, entries, marks, DamagedWal.NONE);
    }

    /** The same without what is damaged. */
    public static IncarnationListing of(
            ClusterIdentity identity,
            WalInventory inventory,
            List<CatalogEntry> entries,
            BackupMarks marks,
            DamagedWal leftOut) {
        Histories histories = new Histories(marks);
        Map<Timeline, TimelineWal> segments = new HashMap<>();
        List<ArchivedWal.Partial> partials = new ArrayList<>();
        for (TimelineInventory each : inventory.timelines()) {
            Timeline timeline = each.timeline();
            each.history().ifPresent(history -> histories.known.put(timeline, history));
            each.historyStored().ifPresent(stored -> histories.stored(timeline, stored));
            each.historyProblem().ifPresent(problem -> histories.damaged.put(timeline, problem));
            segments.put(timeline, whole(identity, each));
            // When a partial segment was stored is not in the inventory: not before the last whole one.
            Instant last = each.runs().isEmpty()
                    ? each.historyStored().orElse(Instant.EPOCH)
                    : each.runs().getLast().lastStored();
            each.partials()
                    .forEach(partial -> partials.add(new ArchivedWal.Partial(partial.segment(), partial.end(), last)));
        }
        return histories.listing(
                identity,
                entries,
                marks,
                Optional.empty(),
                new ArchivedWal(identity.walSegmentSize(), segments, partials).without(leftOut.segments()));
    }

    private static TimelineWal whole(ClusterIdentity identity, TimelineInventory inventory) {
        TimelineWal.Builder whole = new TimelineWal.Builder();
        for (WalRun run : inventory.runs()) {
            long bytes = run.storedBytes() / run.count();
            long first = run.first().index(identity.walSegmentSize());
            whole.add(first, bytes, run.firstStored());
            if (run.count() > 1) {
                whole.add(first + 1, first + run.count() - 1, bytes, run.lastStored());
            }
        }
        return whole.build();
    }

    private static final class Histories {
        private final Map<Timeline, TimelineHistory> known = new HashMap<>();
        private final Map<Timeline, Instant> stored = new HashMap<>();
        private final Map<Timeline, String> damaged = new HashMap<>();

        Histories(BackupMarks marks) {
            // A copied history was stored later than its timeline began.
            stored.putAll(marks.begun());
        }

        void stored(Timeline timeline, Instant at) {
            stored.merge(timeline, at, (one, other) -> other.isBefore(one) ? other : one);
        }

        IncarnationListing listing(
                ClusterIdentity identity,
                List<CatalogEntry> entries,
                BackupMarks marks,
                Optional<UserFacingException> unreadMarks,
                ArchivedWal wal) {
            return new IncarnationListing(identity, entries, marks, unreadMarks, wal, known, stored, damaged);
        }
    }
}
