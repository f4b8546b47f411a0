// SPDX-License-Identifier: Apache-2.0
package org.tidemark.retention;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ConcurrentSkipListSet;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.ScheduledRuns;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.backup.DrillChains;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.backup.Mark.BackupMarks;
import org.tidemark.catalog.backup.Tombstone;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.wal.RemovedWal;
import org.tidemark.catalog.wal.WalInventory.WalRun;
import org.tidemark.core.Amounts;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Finding;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.UtcTime;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.core.Workers;
import org.tidemark.retention.RemovalNotes.Note;
import org.tidemark.retention.RetentionCatalog.PublishedBackup;
import org.tidemark.retention.RetentionPlan.WalFate;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StorageException.StorageFull;
import org.tidemark.store.UnfinishedUploads;

/**
 * Removes from one archive what a plan lets go: first {@code backup.json} of each backup, then their data, then the
 * WAL. What a run leaves when it is cut off, the next one removes. Every backup that exists at any moment of a run can
 * be restored. Not thread-safe.
 */
public final class Expirer {
    /** Backups at once: each needs some ten requests, and most of the time goes into waiting for them. */
    private static final int AT_ONCE = 8;

    /** One that takes longer was left by a program that died. */
    private static final Duration LONGEST_UPLOAD = Duration.ofDays(1);

    /** A store may have been full for so long. */
    private static final Duration LONGEST_FULL = Duration.ofDays(7);

    /** What {@code cron} did is recorded for so long. */
    private static final Duration RECORDED_RUNS = Duration.ofDays(30);

    /** For so long the evidence of drills stays where nothing else is configured: more than a year, for an audit. */
    public static final int KEEP_EVIDENCE_DAYS = 400;

    /** What an operator can do about a catalog that cannot be read whole. */
    public static final String UNREADABLE_HINT = "See what is damaged with: tidemark verify. A backup whose description"
            + " cannot be repaired is deleted with: tidemark delete ID --force";

    private final ClusterArchive archive;
    private final BackupCatalog catalog;
    private final ObjectStore store;
    private final Clock clock;
    private final String host;
    private final String why;
    private final Duration keepEvidence;
    private final RemovalNotes notes;
    private final RemovalTotals totals;
    private final Map<BackupId, String> spared = new ConcurrentSkipListMap<>();
    private final Map<BackupId, Note> announced = new ConcurrentSkipListMap<>();
    private final ConcurrentSkipListMap<BackupId, StorageFull> full = new ConcurrentSkipListMap<>();
    private final Set<BackupId> removed = new ConcurrentSkipListSet<>();
    /** What was removed from a store that had no room to note it. */
    private final Map<BackupId, Tombstone> unnoted = new ConcurrentSkipListMap<>();

    /** What happens to a backup whose removal a full store cannot note before it. */
    public enum Notes {
        /** It stays: nobody is there to be told that sync may copy it back. */
        REQUIRED,
        /** It goes, and the note follows as soon as there is room. */
        IF_THERE_IS_ROOM
    }

    /** An expiry of one archive that an operator watches. */
    public Expirer(ClusterArchive archive, Clock clock, String host, String why, Progress progress) {
        this(archive, clock, host, why, Notes.IF_THERE_IS_ROOM, Duration.ofDays(KEEP_EVIDENCE_DAYS), progress);
    }

    /**
     * An expiry of one archive.
     *
     * @param host where it runs
     * @param why what is noted of each backup that goes, a few words
     * @param keepEvidence for how long the evidence of drills stays
     * @param progress told after each batch
     */
    public Expirer(
            ClusterArchive archive,
            Clock clock,
            String host,
            String why,
            Notes notes,
            Duration keepEvidence,
            Progress progress) {
        this.archive = archive;
        this.catalog = archive.backups();
        this.store = archive.repository().store();
        this.clock = clock;
        this.host = host;
        this.why = why;
        this.keepEvidence = keepEvidence;
        this.notes = new RemovalNotes(archive, clock, notes);
        this.totals = new RemovalTotals(progress);
    }

    /** Told how much was removed until now. */
    @FunctionalInterface
    public interface Progress {
        void removed(long objects, long bytes);
    }

    /**
     * What a run did. Immutable.
     *
     * @param backups that exist no more
     * @param spared backups of the plan that stay, and why
     * @param objects how many were removed
     * @param bytes of them
     * @param walLeft why WAL of the plan stays until the next run
     * @param refused how many objects the store refused to delete, because something protects them
     * @param refusal what it said of the first of them
     * @param remarks on what the store does with deleted objects
     */
    public record ExpiryReport(
            List<BackupId> backups,
            TreeMap<BackupId, String> spared,
            long objects,
            long bytes,
            Optional<String> walLeft,
            long refused,
            Optional<String> refusal,
            List<Finding> remarks) {
        public ExpiryReport {
            remarks = List.copyOf(remarks);
            backups = List.copyOf(backups);
            spared = new TreeMap<>(spared);
        }
    }

    /**
     * Carries out a plan.
     *
     * @param plan made a moment ago from the same archive
     * @throws UserFacingException if nothing may be removed: the catalog cannot be read whole, the clocks differ, or
     *     the credentials may not delete
     */
    public ExpiryReport run(RetentionPlan plan) throws IOException {
        return run(plan, Set.of());
    }

    /**
     * Carries out a plan of an operator.
     *
     * @param unreadable what goes according to the plan although it is a backup: one whose description cannot be read
     * @throws UserFacingException as {@link #run(RetentionPlan)} does
     */
    public ExpiryReport run(RetentionPlan plan, Set<BackupId> unreadable) throws IOException {
        if (!plan.problems().isEmpty()) {
            throw new UserFacingException(
                    ExitCode.DAMAGED,
                    "nothing is removed, because the catalog cannot be read whole: "
                            + plan.problems().getFirst(),
                    UNREADABLE_HINT);
        }
        Optional<String> walLeft = Optional.empty();
        List<ObjectInfo> pieces = ArchivedPieces.of(archive);
        if (!plan.removesNothing() || !pieces.isEmpty()) {
            Instant storeTime = provenRight();
            try (Workers workers = new Workers("expire", AT_ONCE)) {
                announce(plan, workers);
                for (Note each : announced.values()) {
                    workers.submit(() -> unpublish(each));
                }
                workers.await();
            }
            for (BackupId id : plan.abandoned()) {
                if (unreadable.contains(id) && catalog.entry(id).orElse(null) instanceof CatalogEntry.Unreadable) {
                    Optional<ObjectInfo> document = store.stat(catalog.keys(id).backup());
                    announce(id, document.map(ObjectInfo::stored).orElse(storeTime));
                    Note broken = announced.get(id);
                    if (broken != null) {
                        unpublish(broken);
                    }
                }
            }
            Set<BackupId> going = new LinkedHashSet<>(removed);
            going.addAll(plan.abandoned());
            going.removeAll(spared.keySet());
            try {
                removeData(going);
            } finally {
                List.copyOf(unnoted.keySet()).forEach(this::noteLate);
            }
            RemovedObjects removal = new RemovedObjects(store, totals);
            for (ObjectInfo piece : pieces) {
                removal.add(piece);
            }
            new ScheduledRuns(store, archive.identity().keys())
                    .visitBefore(clock.instant().minus(RECORDED_RUNS), removal::add);
            removeEvidence();
            removal.flush(); // on a full store, what WAL leaves has to be noted before it goes
            walLeft = removeWal(plan, removal);
            removal.flush();
        }
        abortUploads();
        long objects = totals.objects() + removed.size(); // a backup.json each
        return new ExpiryReport(
                List.copyOf(removed),
                new TreeMap<>(spared),
                objects,
                totals.bytes(),
                walLeft,
                totals.allRefused(),
                totals.refusal(),
                remarks(objects));
    }

    /** One after the other: one that has to stay may not leave a hole before it. */
    private void removeEvidence() throws IOException {
        RemovedObjects removal = new RemovedObjects(store, totals);
        DrillChains chains = new DrillChains(store, archive.identity().keys());
        for (ObjectInfo each : chains.storedBefore(clock.instant().minus(keepEvidence))) {
            removal.add(each);
            removal.flush();
            if (removal.hasRefused()) {
                return;
            }
        }
    }

    private List<Finding> remarks(long objects) throws IOException {
        List<Finding> remarks = new ArrayList<>(objects == 0 ? List.of() : store.remarks());
        if (!unnoted.isEmpty()) {
            remarks.add(Finding.warning(
                    "removal",
                    "the store is full: it is not noted that " + unnoted.keySet() + " were deleted, so 'sync' may copy"
                            + " them back",
                    "Make room, and look with: tidemark list-backup"));
        }
        return remarks;
    }

    private void removeData(Set<BackupId> going) throws IOException {
        if (going.isEmpty()) {
            return;
        }
        BackupData data = new BackupData(archive, catalog, going, totals);
        data.readReferences();
        try (Workers workers = new Workers("expire", AT_ONCE)) {
            for (BackupId id : going) {
                workers.submit(() -> {
                    data.remove(id);
                    noteLate(id);
                });
            }
            workers.await();
        }
    }

    /** Deletes a scratch object before anything else is deleted, and gives the time of the store's clock. */
    private Instant provenRight() throws IOException {
        archive.repository().confirmPresent();
        Instant storeTime;
        try {
            storeTime = archive.repository().storeTime(denied -> {
                throw new UserFacingException(
                        ExitCode.STORE_DENIED,
                        "the credentials of this host may not delete in " + store.description() + ": "
                                + denied.getMessage(),
                        "Run 'tidemark expire' on a host whose credentials may.",
                        denied);
            });
        } catch (StorageFull e) {
            Instant now = clock.instant();
            requireRecentWal(archive, now);
            return now;
        }
        requireClocks(storeTime);
        return storeTime;
    }

    /**
     * A store that is full cannot be asked for its time. But WAL has filled it: the last of it is not old.
     *
     * @throws UserFacingException STORE_FULL if it is
     */
    public static void requireRecentWal(ClusterArchive archive, Instant now) throws IOException {
        boolean isRecent = false;
        for (ClusterArchive each :
                archive.repository().incarnations(archive.identity().cluster())) {
            isRecent |= each.wal().inventory().timelines().stream()
                    .flatMap(timeline -> timeline.runs().stream())
                    .map(WalRun::lastStored)
                    .anyMatch(stored -> stored.isAfter(now.minus(LONGEST_FULL))
                            && !stored.isAfter(now.plus(EffectiveTimes.TOLERANCE)));
        }
        if (!isRecent) {
            throw new UserFacingException(
                    ExitCode.STORE_FULL,
                    "nothing is removed: " + archive.repository().store().description()
                            + " is full, and so its clock cannot be asked; for "
                            + LONGEST_FULL.toDays() + " days by the clock of this host, no WAL has arrived",
                    "Check the clock of this host. Make room for one file by other means, then run it again.");
        }
    }

    private void requireClocks(Instant storeTime) {
        Instant now = clock.instant();
        if (Duration.between(now, storeTime).abs().compareTo(EffectiveTimes.TOLERANCE) > 0) {
            throw new UserFacingException(
                    ExitCode.NO,
                    "nothing is removed, because the clock of " + store.description() + " says "
                            + UtcTime.seconds(storeTime) + ", but this host says " + UtcTime.seconds(now),
                    "Correct the clock that is wrong. A difference of " + Amounts.duration(EffectiveTimes.TOLERANCE)
                            + " is allowed.");
        }
    }

    private void announce(RetentionPlan plan, Workers workers) throws IOException {
        try {
            for (PublishedBackup backup : plan.leaving()) {
                workers.submit(() -> announce(backup.id(), backup.ended()));
            }
            workers.await();
            requireRoom();
            if (!announced.isEmpty()) {
                notes.requireThatOthersStay(plan);
            }
        } catch (IOException | UserFacingException e) {
            notes.retractAll(announced.values());
            throw e;
        }
    }

    private void announce(BackupId id, Instant ended) throws IOException {
        BackupMarks marks = catalog.marks(id);
        if (isKept(id, marks)) {
            return;
        }
        Tombstone tombstone = new Tombstone(id, ended, clock.instant(), host, why, Mark.lastKeep(marks.of(id)));
        try {
            announced.put(id, notes.store(tombstone));
        } catch (StorageFull e) {
            full.put(id, e);
        }
    }

    /** Where a full store has room for some of the notes, these backups make room for the others of the next run. */
    private void requireRoom() throws StorageFull {
        if (announced.isEmpty() && !full.isEmpty()) {
            throw full.firstEntry().getValue();
        }
        full.keySet()
                .forEach(id -> spared.put(id, "the store has no room to note its removal; the next run deletes it"));
    }

    /** An operator may keep it at this very moment: the marks are read before and after, and a keep wins. */
    private void unpublish(Note going) throws IOException {
        BackupId id = going.tombstone().id();
        byte[] document;
        try {
            document = catalog.unpublish(id);
        } catch (StorageDenied e) {
            totals.refused(e);
            spared.put(id, "the store refuses to delete it");
            notes.retract(going);
            return;
        } catch (UserFacingException e) {
            if (e.exitCode() == ExitCode.NO_BACKUP) {
                removed.add(id); // another run was faster
                return;
            }
            throw e;
        }
        // There may be room now, where the description was.
        Note noted = going.isStored() && going.isOurs() ? going : notes.store(going.tombstone());
        if (!noted.isStored()) {
            unnoted.put(id, going.tombstone());
        }
        if (isKept(id, catalog.marks(id))) {
            unnoted.remove(id);
            catalog.publishAgain(id, document);
            catalog.retractRemoval(id);
            return;
        }
        removed.add(id);
    }

    /** Notes what could not be noted before its data was removed; what still cannot be is told at the end. */
    private void noteLate(BackupId id) {
        Tombstone tombstone = unnoted.get(id);
        try {
            if (tombstone != null && notes.store(tombstone).isStored()) {
                unnoted.remove(id);
            }
        } catch (IOException e) {
            // It stays in the list.
        }
    }

    /** Their parts take space, and no listing shows them. */
    private void abortUploads() throws IOException {
        Optional<UnfinishedUploads> uploads = store.unfinishedUploads();
        if (uploads.isEmpty()) {
            return;
        }
        Instant old = clock.instant().minus(LONGEST_UPLOAD);
        for (UnfinishedUploads.Upload upload :
                uploads.get().begunBefore(archive.identity().keys().prefix(), old, ObjectStore.MAX_PAGE)) {
            uploads.get().abort(upload);
        }
    }

    private boolean isKept(BackupId id, BackupMarks marks) {
        Optional<String> reason = marks.keep(id, clock.instant())
                .map(mark -> "it is kept")
                .or(() -> CatalogReading.doubt(catalog.keys(id), marks));
        reason.ifPresent(text -> spared.put(id, text));
        return reason.isPresent();
    }

    /** @return why WAL stays until the next run */
    private Optional<String> removeWal(RetentionPlan plan, RemovedObjects removal) throws IOException {
        if (!spared.isEmpty()) {
            return Optional.of("a backup stays that was planned to be deleted");
        }
        WalRemoval wal = new WalRemoval(archive, removal);
        Optional<String> left = Optional.empty();
        List<WalFate> leaving = plan.leavingWal();
        for (int from = 0; from < leaving.size(); from += RANGES_AT_ONCE) {
            List<RemovedWal> ranges = leaving.subList(from, Math.min(from + RANGES_AT_ONCE, leaving.size())).stream()
                    .map(fate -> new RemovedWal(fate.first(), fate.last(), clock.instant(), host))
                    .toList();
            Set<RemovedWal> noted = new HashSet<>();
            for (RemovedWal range : ranges) {
                if (archive.wal().gaps().noteRemoval(range)) {
                    noted.add(range);
                }
            }
            // A backup that begins now finds the notes before it is published; one that had begun is found here.
            List<BegunBackup> begun = begunSince(plan);
            for (RemovedWal range : ranges) {
                Optional<BegunBackup> needs =
                        begun.stream().filter(each -> each.mayNeed(range)).findFirst();
                if (needs.isPresent()) {
                    // What another run noted may be gone: without the note it would be a hole.
                    if (noted.contains(range)) {
                        archive.wal().gaps().retractRemoval(range);
                    }
                    left = Optional.of("backup '" + needs.get().id() + "' began meanwhile and may need it");
                } else {
                    wal.remove(range);
                }
            }
        }
        try {
            archive.wal().gaps().joinRemovals(clock.instant().minus(SETTLED));
        } catch (StorageDenied e) {
            totals.refused(e); // Two notes say what one could.
        }
        return left;
    }

    /** No run on another host still takes back a note of this age. */
    private static final Duration SETTLED = Duration.ofDays(1);

    /** The backups are listed once for so many ranges. */
    private static final int RANGES_AT_ONCE = 100;

    /**
     * A backup that the plan did not know.
     *
     * @param first the first segment that it may need, on any timeline, counted from 0/0
     */
    private record BegunBackup(BackupId id, long first, WalSegmentSize size) {
        boolean mayNeed(RemovedWal range) {
            return first <= range.last().index(size);
        }
    }

    private List<BegunBackup> begunSince(RetentionPlan plan) throws IOException {
        Set<BackupId> known = new HashSet<>();
        plan.backups().forEach(each -> known.add(each.backup().id()));
        plan.unfinished().forEach(each -> known.add(each.unfinished().id()));
        WalSegmentSize size = archive.identity().walSegmentSize();
        List<BegunBackup> begun = new ArrayList<>();
        for (CatalogEntry entry : catalog.listOthers(known)) {
            long first = switch (entry) {
                case CatalogEntry.Published each -> each.backup().walFirst().index(size);
                case CatalogEntry.Unreadable _ -> 0;
                case CatalogEntry.Unpublished each ->
                    catalog.intent(each.id())
                            .flatMap(intent -> intent.walFrom())
                            .map(size::segmentNumber)
                            .orElse(0L);
            };
            begun.add(new BegunBackup(entry.id(), first, size));
        }
        return begun;
    }
}
