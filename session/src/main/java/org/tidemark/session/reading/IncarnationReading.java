// SPDX-License-Identifier: Apache-2.0
package org.tidemark.session.reading;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.DamagedWal;
import org.tidemark.catalog.IncarnationListing;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BackupObjects;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BegunBackups;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.backup.CatalogEntry.Published;
import org.tidemark.catalog.backup.CatalogEntry.Unpublished;
import org.tidemark.catalog.backup.DrillChain;
import org.tidemark.catalog.backup.DrillChains;
import org.tidemark.catalog.backup.Mark.BackupMarks;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.wal.WalInventory;
import org.tidemark.catalog.wal.WalInventory.WalRun;
import org.tidemark.core.IoAction;
import org.tidemark.core.UserFacingException;
import org.tidemark.recoverability.CatalogSnapshot;
import org.tidemark.restore.wal.TimesInWal;

/**
 * What one repository holds of one incarnation, as a command has listed it. Every answer of the command is made of
 * this. Immutable.
 *
 * @param repository as it is configured, or its address
 * @param archive for a second look
 * @param entries everything that has a backup id, as it was listed
 * @param unfinished those that are no backup, by id
 * @param marks results of verify, keeps and annotations; none if they cannot be read
 * @param unreadMarks why they cannot be read
 * @param drills the evidence of drills; none if it cannot be read
 * @param unreadDrills why it cannot be read
 * @param snapshot the same in the form that plans of recoveries are made of
 * @param asOf when reading began
 */
public record IncarnationReading(
        String repository,
        ClusterArchive archive,
        List<CatalogEntry> entries,
        Map<BackupId, UnfinishedCopy> unfinished,
        BackupMarks marks,
        Optional<UserFacingException> unreadMarks,
        List<DrillChain> drills,
        Optional<UserFacingException> unreadDrills,
        WalInventory inventory,
        CatalogSnapshot snapshot,
        Instant asOf) {
    public IncarnationReading {
        entries = List.copyOf(entries);
        drills = List.copyOf(drills);
        unfinished = Collections.unmodifiableMap(new LinkedHashMap<>(unfinished));
    }

    /**
     * Reads an incarnation, its backups before its WAL. Marks and evidence that cannot be read are left out and told.
     *
     * @param backups with or without a cache
     * @param newest of so many backups, which ended last, the objects are listed now; of the others a listing of this
     *     host may count
     * @param begun what this host has begun
     * @param commits a file in which the last commits of segments are remembered
     * @param drills with or without a cache
     */
    public static IncarnationReading of(
            String repository,
            ClusterArchive archive,
            BackupCatalog backups,
            int newest,
            IoAction.Returning<WalInventory> wal,
            BegunBackups begun,
            Optional<Path> commits,
            DrillChains drills,
            Instant now)
            throws IOException {
        List<CatalogEntry> entries = backups.listObjectsOfNewest(newest, now);
        BackupMarks marks = BackupMarks.NONE;
        Optional<UserFacingException> unreadMarks = Optional.empty();
        try {
            marks = backups.marks();
        } catch (IOException | UserFacingException e) {
            // An answer without the marks is better than none.
            unreadMarks = Optional.of(StorageErrors.explain(e));
        }
        List<DrillChain> evidence = List.of();
        Optional<UserFacingException> unreadDrills = Optional.empty();
        try {
            evidence = drills.read();
        } catch (IOException | UserFacingException e) {
            unreadDrills = Optional.of(StorageErrors.explain(e));
        }
        WalInventory inventory = wal.run();
        List<Published> published = published(entries);
        Map<BackupId, UnfinishedCopy> unfinished = new LinkedHashMap<>();
        for (CatalogEntry entry : entries) {
            if (entry instanceof Unpublished each) {
                unfinished.put(
                        each.id(),
                        UnfinishedCopy.of(
                                each,
                                published,
                                backups,
                                inventory,
                                archive.identity().walSegmentSize(),
                                begun,
                                now));
            }
        }
        CatalogSnapshot snapshot = CatalogSnapshot.of(
                repository,
                IncarnationListing.of(archive.identity(), inventory, entries, marks, DamagedWal.of(archive, marks)));
        return new IncarnationReading(
                repository,
                archive,
                entries,
                unfinished,
                marks,
                unreadMarks,
                evidence,
                unreadDrills,
                inventory,
                snapshot.withTimes(new TimesInWal(archive, snapshot.wal(), commits)),
                now);
    }

    public ClusterIdentity identity() {
        return archive.identity();
    }

    /**
     * What several repositories hold together.
     *
     * @param readings of one incarnation; at least one
     */
    public static CatalogSnapshot together(List<IncarnationReading> readings) {
        return CatalogSnapshot.union(
                readings.getFirst().identity().walSegmentSize(),
                readings.stream().map(IncarnationReading::snapshot).toList());
    }

    /** The backups whose descriptions can be read. */
    public List<Published> published() {
        return published(entries);
    }

    private static List<Published> published(List<CatalogEntry> entries) {
        return entries.stream()
                .filter(Published.class::isInstance)
                .map(Published.class::cast)
                .toList();
    }

    /** The same, as they are described. */
    public List<BaseBackup> backups() {
        return published().stream().map(Published::backup).toList();
    }

    /** The run of segments whose last one was stored last. */
    public Optional<WalRun> newestWal() {
        return inventory.newest();
    }

    /** The number of the newest evidence of each host that was first stored here, by its name. */
    public SortedMap<String, Integer> lastDrillNumbers() {
        SortedMap<String, Integer> numbers = new TreeMap<>();
        String here = archive.repository().id().value();
        drills.stream()
                .filter(chain -> chain.keys().repository().toString().equals(here))
                .forEach(chain -> chain.host().ifPresent(host -> numbers.merge(host, chain.last(), Math::max)));
        return numbers;
    }

    /** When the objects of its backups were listed: the oldest of these moments. */
    public Optional<Instant> objectsListed() {
        return published().stream()
                .flatMap(each -> each.objects() instanceof BackupObjects.Complete complete
                        ? Stream.of(complete.at())
                        : Stream.empty())
                .min(Comparator.naturalOrder());
    }
}
