// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.check;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.backup.Mark.BackupMarks;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.wal.WalInventory;
import org.tidemark.catalog.wal.WalInventory.WalRun;
import org.tidemark.config.ClusterSettings.CheckSettings;
import org.tidemark.core.Amounts;
import org.tidemark.core.DiskSpace;
import org.tidemark.core.Finding;
import org.tidemark.core.Sha256;
import org.tidemark.core.Threshold;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.UnfinishedUploads;

/** Checks one repository of a cluster: its content, and whether it can be written. */
final class RepositoryCheck {
    /** A running writer changes its temporary file more often than this. */
    private static final Duration ABANDONED = Duration.ofDays(1);

    /** A segment that a receiver has just completed is stored soon. */
    private static final Duration ARRIVAL = Duration.ofSeconds(10);

    private static final Duration PAUSE = Duration.ofMillis(500);

    private final String name;
    private final CheckSettings limits;
    private final Clock clock;
    private final Duration arrival;
    private final List<Finding> findings = new ArrayList<>();
    private final Set<BackupId> published = new TreeSet<>();
    private final Set<BackupId> removed = new TreeSet<>();
    private Optional<WalCheck.RepositoryWal> held = Optional.empty();
    private boolean marksAreKnown;

    /** @param limit of the whole check, so that a segment on its way does not use it up */
    RepositoryCheck(String name, CheckSettings limits, Duration limit, Clock clock) {
        this.arrival = limit.dividedBy(2).compareTo(ARRIVAL) < 0 ? limit.dividedBy(2) : ARRIVAL;
        this.name = name;
        this.limits = limits;
        this.clock = clock;
    }

    /**
     * It is there, and as far as the store can tell without writing, it can be written.
     *
     * @param next where WAL would be stored
     */
    RepositoryCheck canBeWritten(Repository repository, ObjectKey next) {
        try {
            repository.store().requireWritable(next);
            add(Subject.REPOSITORY.ok("'" + name + "' answers; its id is " + repository.id()));
        } catch (IOException e) {
            UserFacingException explained = StorageErrors.explain(e);
            add(Subject.REPOSITORY.critical(
                    "'" + name + "' cannot be written: " + explained.getMessage(), explained.hint()));
        }
        return this;
    }

    /** How much room the store has, if it can tell. */
    RepositoryCheck hasRoom(Repository repository) throws IOException {
        Optional<DiskSpace> space = repository.store().space();
        if (space.isEmpty()) {
            return this;
        }
        add(FreeSpace.finding(
                Subject.FREE_SPACE,
                "the disk of '" + name + "'",
                space.get(),
                limits,
                "Give the disk more room: when it is full, nothing is archived and no backup can be taken."));
        return this;
    }

    /**
     * Temporary files that killed pushes and backups have left in the store: they take room, and no listing shows them.
     */
    RepositoryCheck hasNoRemains(Repository repository) throws IOException {
        Optional<UnfinishedUploads> uploads = repository.store().unfinishedUploads();
        if (uploads.isEmpty()) {
            return this;
        }
        int found;
        try {
            found = uploads.get()
                    .begunBefore("", clock.instant().minus(ABANDONED), ObjectStore.MAX_PAGE)
                    .size();
        } catch (StorageDenied e) {
            return this; // init --test reports a missing right to list them
        }
        if (found > 0) {
            add(Subject.TEMPORARY_FILES
                    .warning(
                            "'" + name + "' holds "
                                    + Amounts.count(found, "temporary file", "temporary files")
                                    + " older than a day, of writers that were killed",
                            "Remove them with the store's own tools: their file names begin with a dot, such as"
                                    + " .tmp-. No backup needs them.")
                    .with("count", found));
        }
        return this;
    }

    /**
     * Checks backups, WAL, and the WAL that the server counts as archived (if it was asked).
     *
     * @param minimumRedundancy of so many backups, the newest, the objects are listed now
     * @param receiver which archives in place of archive_command
     * @param queued names of files that this host has queued for the repository
     */
    RepositoryCheck holds(
            ClusterArchive archive,
            BackupCatalog catalog,
            int minimumRedundancy,
            Optional<ArchiverStatus> archiver,
            Optional<ReceiverStatus> receiver,
            Optional<LocalPgWal> kept,
            Set<String> queued)
            throws IOException {
        Instant asOf = clock.instant();
        List<BaseBackup> backups = new ArrayList<>();
        List<CatalogEntry> entries = catalog.listObjectsOfNewest(minimumRedundancy, asOf);
        for (CatalogEntry entry : entries) {
            switch (entry) {
                case CatalogEntry.Published published -> backups.add(published.backup());
                case CatalogEntry.Unreadable unreadable ->
                    add(Subject.BACKUP.critical(
                            "backup " + unreadable.id() + " in '" + name + "' cannot be read: " + unreadable.problem(),
                            "See what is damaged with: tidemark verify " + unreadable.id()));
                case CatalogEntry.Unpublished cutOff -> {}
            }
        }
        backups.forEach(backup -> published.add(backup.id()));
        removed.addAll(catalog.removed());
        BackupMarks marks = marks(catalog);
        damage(marks, backups);
        newestBackup(entries, backups);
        WalInventory inventory = archive.wal().inventory();
        newestWal(archive, inventory, archiver);
        if (receiver.isPresent()) {
            follows(archive, inventory, receiver.get(), queued);
        } else {
            lastArchivedIsThere(archive, archiver, queued);
        }
        holdsNoOtherContent(archive, archiver, kept);
        held = Optional.of(new WalCheck.RepositoryWal(
                name, archive, backups, entries, marks, marksAreKnown, inventory, queued, asOf));
        return this;
    }

    List<Finding> findings() {
        return List.copyOf(findings);
    }

    /** Its backups and its WAL; empty if they were not read. */
    Optional<WalCheck.RepositoryWal> held() {
        return held;
    }

    /** The backups in the repository. */
    Set<BackupId> published() {
        return published;
    }

    /** The backups that expiry removed from it. */
    Set<BackupId> removed() {
        return removed;
    }

    private BackupMarks marks(BackupCatalog catalog) {
        try {
            BackupMarks marks = catalog.marks();
            marksAreKnown = true;
            return marks;
        } catch (IOException | UserFacingException e) {
            UserFacingException why = StorageErrors.explain(e);
            add(Subject.DAMAGE.warning(
                    "the results of verify in '" + name + "' cannot be read: " + why.getMessage(), why.hint()));
        }
        return BackupMarks.NONE;
    }

    /** The damage that verify found and has not since found repaired. */
    private void damage(BackupMarks marks, List<BaseBackup> backups) {
        marks.damaged()
                .forEach(problem -> add(Subject.DAMAGE.warning(
                        problem + " in '" + name + "'", "Look for more with: tidemark verify --all")));
        for (BaseBackup backup : backups) {
            marks.damage(backup.id())
                    .ifPresent(found -> damage("backup " + backup.id(), found, "tidemark verify " + backup.id()));
        }
        marks.walDamage().ifPresent(found -> damage("WAL outside the backups", found, "tidemark verify --all"));
    }

    private void damage(String what, Mark.Verified found, String command) {
        add(Subject.DAMAGE
                .critical(
                        "verify found " + Amounts.count(found.problems(), "problem", "problems") + " in " + what
                                + " of '" + name + "' at " + Amounts.second(found.at()),
                        "See what is damaged with: " + command
                                + " --repository " + name + ". Repair it from another repository with: tidemark sync."
                                + " Without one, take a new backup with: tidemark backup. Once the damage is repaired,"
                                + " verify clears this finding.")
                .with("problems", found.problems()));
    }

    /** A backup that lacks objects does not count; {@link BackupObjectsCheck} names it. */
    private void newestBackup(List<CatalogEntry> entries, List<BaseBackup> backups) {
        Set<BackupId> lacking = new TreeSet<>();
        for (CatalogEntry entry : entries) {
            if (entry instanceof CatalogEntry.Published each && each.lacking().isPresent()) {
                lacking.add(each.id());
            }
        }
        Optional<BaseBackup> newest = backups.stream()
                .filter(each -> !lacking.contains(each.id()))
                .max(Comparator.comparing((BaseBackup backup) -> !backup.run().isAhead(clock.instant()))
                        .thenComparing(backup -> backup.run().ended()));
        if (newest.isEmpty() && !lacking.isEmpty()) {
            return;
        }
        if (newest.isEmpty()) {
            add(Subject.BACKUP.critical(
                    "there is no backup in '" + name + "'",
                    "Take one with: tidemark backup. If another repository has one, copy it with: tidemark sync"));
            return;
        }
        BaseBackup backup = newest.get();
        Duration age = Duration.between(backup.run().ended(), clock.instant());
        if (age.isNegative() && backup.run().isAhead(clock.instant())) {
            add(Subject.BACKUP.warning(
                    "the newest backup in '" + name + "' is " + backup.id() + ", and is dated after now",
                    "Synchronize the clocks with: timedatectl. Then take a backup with: tidemark backup"));
            return;
        }
        String message =
                "the newest backup in '" + name + "' is " + backup.id() + ", " + Amounts.duration(age) + " old";
        Finding finding = age.compareTo(limits.backupAge()) > 0
                ? Subject.BACKUP.warning(message, "Take one with: tidemark backup")
                : Subject.BACKUP.ok(message);
        add(finding.with(
                "ageSeconds",
                Math.max(0, age.toSeconds()),
                Threshold.warnAbove(limits.backupAge().toSeconds())));
        if (backup.contents().damagedPagesCount() > 0) {
            add(Subject.PAGES.critical(
                    "backup " + backup.id() + " found "
                            + Amounts.count(backup.contents().damagedPagesCount(), "damaged page", "damaged pages")
                            + " in the cluster itself",
                    "List them with: tidemark show-backup " + backup.id()));
        }
    }

    private void newestWal(ClusterArchive archive, WalInventory inventory, Optional<ArchiverStatus> archiver) {
        Optional<Instant> newest = inventory.timelines().stream()
                .flatMap(timeline -> timeline.runs().stream())
                .map(WalRun::lastStored)
                .max(Comparator.naturalOrder());
        if (newest.isEmpty()) {
            add(Subject.WAL.critical(
                    "no WAL is archived in '" + name + "'",
                    "Archive a segment with: tidemark switch-wal. If another repository has WAL, copy it with: tidemark"
                            + " sync"));
            return;
        }
        Duration age = Duration.between(newest.get(), clock.instant());
        String message = "the newest WAL in '" + name + "' arrived " + Amounts.duration(age) + " ago";
        boolean late = age.compareTo(limits.walAge()) > 0
                && archiver.map(status ->
                                status.hasUnarchived(archive.identity().walSegmentSize()))
                        .orElse(true);
        Finding finding = late
                ? Subject.WAL.warning(
                        message,
                        "Check that archive_timeout is set and the archiver runs. Archive the current segment with:"
                                + " tidemark switch-wal")
                : Subject.WAL.ok(message);
        add(finding.with(
                "ageSeconds",
                Math.max(0, age.toSeconds()),
                Threshold.warnAbove(limits.walAge().toSeconds())));
    }

    /**
     * Finds out whether a segment cannot be archived because of a conflict: only PostgreSQL's log has the exit status.
     */
    private void holdsNoOtherContent(
            ClusterArchive archive, Optional<ArchiverStatus> archiver, Optional<LocalPgWal> kept) throws IOException {
        Optional<WalFile.Segment> failing = archiver.flatMap(ArchiverStatus::failingSegment);
        if (failing.isEmpty() || kept.isEmpty()) {
            return;
        }
        WalFile.Segment segment = failing.get();
        Optional<Sha256> own = kept.get().digest(segment, archive.identity().walSegmentSize());
        Optional<Sha256> stored = own.isEmpty() ? own : archive.wal().digest(segment);
        if (stored.isPresent() && !stored.equals(own)) {
            add(Subject.CONFLICT.critical(
                    "'" + name + "' holds different content under '" + segment.name()
                            + "', so this server cannot archive it",
                    "Another server with this system identifier stored it, or this server was set back to an older"
                            + " state. Decide which content is right: docs/operating/conflict.md. If it is that of this"
                            + " server: tidemark wal-resolve " + segment.name()
                            + " --later. Until then, do not let this"
                            + " server recover from the archive."));
        }
    }

    /** PostgreSQL removes WAL that it believes to be archived. WAL that is queued on this host is safe. */
    private void lastArchivedIsThere(ClusterArchive archive, Optional<ArchiverStatus> archiver, Set<String> queued)
            throws IOException {
        Optional<String> last = archiver.flatMap(ArchiverStatus::lastArchived);
        if (last.isEmpty() || !(WalFile.parse(last.get()) instanceof WalFile.Segment segment)) {
            return;
        }
        if (!queued.contains(segment.name()) && !archive.wal().contains(segment)) {
            add(Subject.WAL.critical(
                    "PostgreSQL reports '" + segment.name() + "' as archived, but '" + name + "' does not have it",
                    "Check that archive_command archives to this repository. If another repository has the file, copy"
                            + " it with: tidemark sync. Otherwise take a new backup with: tidemark backup"));
        }
    }

    /**
     * Whether the repository has what the receiver must have archived: the last segment that the server completed. One
     * that was completed a moment ago is waited for, and one that comes after others that arrive is on its way.
     */
    private void follows(ClusterArchive archive, WalInventory inventory, ReceiverStatus receiver, Set<String> queued)
            throws IOException {
        WalSegmentSize size = archive.identity().walSegmentSize();
        Optional<Segment> last = receiver.lastComplete(inventory, size);
        if (last.isEmpty() || queued.contains(last.get().name()) || arrives(archive, last.get())) {
            add(Subject.RECEIVER.ok("'" + name + "' has every segment that was received"
                    + last.map(segment -> ", up to " + segment.name()).orElse("")));
            return;
        }
        Optional<WalRun> newest = inventory.timelines().stream()
                .flatMap(timeline -> timeline.runs().stream())
                .max(Comparator.comparing(WalRun::lastStored));
        boolean arrived = newest.filter(
                        run -> run.lastStored().isAfter(clock.instant().minus(ReadyFiles.LATE_AFTER)))
                .isPresent();
        String lacks = "'" + name + "' does not have " + last.get().name() + ", which the server has completed";
        if (!arrived) {
            add(Subject.RECEIVER.critical(
                    lacks + ", although " + receiver.described()
                            + newest.map(run -> "; the newest WAL arrived "
                                            + Amounts.duration(Duration.between(run.lastStored(), clock.instant()))
                                            + " ago")
                                    .orElse(""),
                    "Read what the receiver prints on its host. Does its configuration name this repository? If it has"
                            + " just begun, close a segment: tidemark switch-wal"));
            return;
        }
        long lagBytes = newest.get().timeline().equals(last.get().timeline())
                ? last.get().end(size).minus(newest.get().last().end(size))
                : size.bytes();
        String message = lacks + " · " + Amounts.size(Math.max(0, lagBytes)) + " of WAL is on its way";
        add(
                lagBytes > limits.replicationLagBytes()
                        ? Subject.RECEIVER.warning(
                                message,
                                "The server writes WAL faster than it is archived. See whether a repository is slow, or"
                                        + " let the receiver work closer to it.")
                        : Subject.RECEIVER.ok(message));
    }

    private boolean arrives(ClusterArchive archive, Segment segment) throws IOException {
        long end = System.nanoTime() + arrival.toNanos();
        while (!archive.wal().contains(segment)) {
            if (System.nanoTime() > end) {
                return false;
            }
            try {
                Thread.sleep(PAUSE);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        return true;
    }

    private void add(Finding finding) {
        findings.add(finding.of(name));
    }
}
