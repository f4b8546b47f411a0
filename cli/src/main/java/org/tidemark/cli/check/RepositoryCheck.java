// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.check;

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
import java.util.UUID;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.StorageFailure;
import org.tidemark.catalog.WalHole;
import org.tidemark.catalog.WalInventory;
import org.tidemark.catalog.WalRun;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BackupId;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.cli.backups.StoredBackup;
import org.tidemark.cli.config.CheckSettings;
import org.tidemark.cli.output.Amounts;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.StorageException.StorageDenied;

/** What one repository holds of a cluster, and whether it can be written. */
final class RepositoryCheck {
    private final String name;
    private final CheckSettings limits;
    private final Clock clock;
    private final List<CheckFinding> findings = new ArrayList<>();
    private final Set<BackupId> published = new TreeSet<>();

    RepositoryCheck(String name, CheckSettings limits, Clock clock) {
        this.name = name;
        this.limits = limits;
        this.clock = clock;
    }

    /** Stores a small object beside the clusters, and removes it where that is allowed. */
    RepositoryCheck canBeWritten(Repository repository) {
        ObjectKey key = new ObjectKey("check/" + UUID.randomUUID());
        try {
            repository.store().putIfAbsent(key, ObjectSource.of(new byte[] {'\n'}));
            delete(repository, key);
            findings.add(CheckFinding.ok(topic(), "it is " + repository.id() + ", and can be written"));
        } catch (IOException e) {
            UserFacingException explained = StorageFailure.explain(e);
            findings.add(CheckFinding.critical(
                    topic(), "it cannot be written: " + explained.getMessage(), explained.hint()));
        }
        return this;
    }

    /** Credentials that may not delete protect what is there. */
    private static void delete(Repository repository, ObjectKey key) throws IOException {
        try {
            repository.store().delete(List.of(key));
        } catch (StorageDenied e) {
            // Left behind, as the format allows; who may delete, expires it.
        }
    }

    /** Looks at backups, at WAL, and at what the server counts as archived, where it was asked. */
    RepositoryCheck holds(ClusterArchive archive, Optional<ArchiverStatus> archiver) throws IOException {
        BackupCatalog catalog = StoredBackup.catalog(archive);
        List<BaseBackup> backups = new ArrayList<>();
        for (CatalogEntry entry : catalog.list()) {
            switch (entry) {
                case CatalogEntry.Published published -> backups.add(published.backup());
                case CatalogEntry.Unreadable unreadable ->
                    findings.add(CheckFinding.critical(
                            topic(),
                            "backup " + unreadable.id() + " cannot be read: " + unreadable.problem(),
                            "See what is damaged with: tidemark verify " + unreadable.id()));
                case CatalogEntry.Unpublished cutOff -> {}
            }
        }
        backups.forEach(backup -> published.add(backup.id()));
        newestBackup(backups);
        WalInventory inventory = archive.wal().inventory();
        newestWal(archive, inventory, archiver);
        lastArchivedIsThere(archive, archiver);
        holes(backups, inventory);
        return this;
    }

    List<CheckFinding> findings() {
        return List.copyOf(findings);
    }

    /** The backups that it has. */
    Set<BackupId> published() {
        return published;
    }

    private void newestBackup(List<BaseBackup> backups) {
        Optional<BaseBackup> newest =
                backups.stream().max(Comparator.comparing(backup -> backup.run().ended()));
        if (newest.isEmpty()) {
            findings.add(CheckFinding.critical(
                    "backup", "there is no backup in '" + name + "'", "Take one with: tidemark backup"));
            return;
        }
        BaseBackup backup = newest.get();
        Duration age = Duration.between(backup.run().ended(), clock.instant());
        String message = "the newest in '" + name + "' is " + backup.id() + ", " + Amounts.duration(age) + " old";
        findings.add(
                age.compareTo(limits.backupAge()) > 0
                        ? CheckFinding.warning("backup", message, "Take one with: tidemark backup")
                        : CheckFinding.ok("backup", message));
        if (backup.contents().damagedPagesCount() > 0) {
            findings.add(CheckFinding.critical(
                    "pages",
                    "backup " + backup.id() + " found " + backup.contents().damagedPagesCount()
                            + " damaged pages in the cluster itself",
                    "See which with: tidemark show-backup " + backup.id()));
        }
    }

    private void newestWal(ClusterArchive archive, WalInventory inventory, Optional<ArchiverStatus> archiver) {
        Optional<Instant> newest = inventory.timelines().stream()
                .flatMap(timeline -> timeline.runs().stream())
                .map(WalRun::lastStored)
                .max(Comparator.naturalOrder());
        if (newest.isEmpty()) {
            findings.add(CheckFinding.critical(
                    "wal", "no WAL is archived in '" + name + "'", "Archive a segment with: tidemark switch-wal"));
            return;
        }
        Duration age = Duration.between(newest.get(), clock.instant());
        String message = "the newest in '" + name + "' came " + Amounts.duration(age) + " ago";
        boolean late = age.compareTo(limits.walAge()) > 0
                && archiver.map(status ->
                                status.hasUnarchived(archive.identity().walSegmentSize()))
                        .orElse(true);
        findings.add(
                late
                        ? CheckFinding.warning(
                                "wal",
                                message,
                                "Is archive_timeout set, and does the archiver run? tidemark switch-wal")
                        : CheckFinding.ok("wal", message));
    }

    /** What PostgreSQL believes to be archived, it removes. */
    private void lastArchivedIsThere(ClusterArchive archive, Optional<ArchiverStatus> archiver) throws IOException {
        Optional<String> last = archiver.flatMap(ArchiverStatus::lastArchived);
        if (last.isEmpty() || !(parse(last.get()) instanceof WalFile.Segment segment)) {
            return;
        }
        if (!archive.wal().contains(segment)) {
            findings.add(CheckFinding.critical(
                    "wal",
                    "PostgreSQL counts '" + segment.name() + "' as archived, and it is not in '" + name + "'",
                    "Was archive_command changed, or does it archive elsewhere? Take a new backup once it is right."));
        }
    }

    private static WalFile parse(String file) {
        return WalFile.parse(file);
    }

    private void holes(List<BaseBackup> backups, WalInventory inventory) {
        for (WalHole hole : inventory.holes()) {
            boolean matters = backups.stream()
                    .anyMatch(backup -> backup.wal().timeline().equals(hole.timeline())
                            && backup.walFirst().compareTo(hole.last()) <= 0);
            if (matters) {
                findings.add(CheckFinding.warning(
                        "holes",
                        hole.first().name()
                                + (hole.count() == 1 ? "" : " .. " + hole.last().name()) + " is not in '" + name
                                + "': no backup before it leads beyond it",
                        "Is it in another copy, or still in pg_wal? A new backup begins behind it."));
            }
        }
    }

    private String topic() {
        return "repository " + name;
    }
}
