// SPDX-License-Identifier: Apache-2.0
package org.tidemark.session.reading;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BegunBackups;
import org.tidemark.catalog.backup.CatalogEntry.Published;
import org.tidemark.catalog.backup.CatalogEntry.Stage;
import org.tidemark.catalog.backup.CatalogEntry.Unpublished;
import org.tidemark.catalog.backup.Intent;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.wal.WalInventory;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.store.StorageException.ObjectMissing;

/**
 * An id without a backup in one repository. Immutable.
 *
 * @param newest when its newest object was stored, by the store's clock; known to the minute only where it may run
 * @param endedHere this host began it and has ended its work on it
 * @param isLate its WAL did not arrive in time
 * @param hasItsWal it waits for nothing: its WAL is archived
 * @param isUsed it was interrupted long ago, and a backup refers to what it has stored: no expiry removes that
 */
public record UnfinishedCopy(
        BackupId id,
        Instant newest,
        BackupState state,
        boolean endedHere,
        boolean isLate,
        boolean hasItsWal,
        boolean isUsed) {
    /** A backup that runs stores an object every few minutes, unless its store is very slow. */
    private static final Duration LONGEST_SILENCE = Duration.ofHours(1);

    /** Looks for newer objects of one that may run, and for the WAL of one that waits. */
    static UnfinishedCopy of(
            Unpublished entry,
            List<Published> published,
            BackupCatalog catalog,
            WalInventory wal,
            WalSegmentSize size,
            BegunBackups begun,
            Instant now)
            throws IOException {
        boolean mayRun = entry.stage() == Stage.UNFINISHED
                && state(entry.stage(), entry.lastStored(), now) != BackupState.RUNNING
                && entry.lastStored().isAfter(now.minus(Intent.PUBLICATION_LIMIT));
        Instant newest = mayRun
                ? catalog.newestBundle(entry.id())
                        .filter(entry.lastStored()::isBefore)
                        .orElse(entry.lastStored())
                : entry.lastStored();
        boolean endedHere = begun.hasEnded(entry.id());
        BackupState byAge = state(entry.stage(), newest, now);
        BackupState state = byAge == BackupState.RUNNING && endedHere ? BackupState.INTERRUPTED : byAge;
        return new UnfinishedCopy(
                entry.id(),
                newest,
                state,
                endedHere,
                entry.stage() == Stage.WAITING && state == BackupState.INTERRUPTED,
                state == BackupState.WAITING && hasItsWal(entry.id(), catalog, wal, size),
                state == BackupState.INTERRUPTED
                        && newest.isBefore(now.minus(Intent.PUBLICATION_LIMIT))
                        && isUsed(entry.id(), published, catalog));
    }

    private static boolean isUsed(BackupId id, List<Published> published, BackupCatalog catalog) throws IOException {
        String data = catalog.keys(id).data();
        for (Published each : published) {
            try {
                // The intent names what it might have used.
                if (each.id().compareTo(id) > 0
                        && catalog.intent(each.id()).stream()
                                .anyMatch(intent -> intent.parents().contains(id))
                        && catalog.dataOfOthers(List.of(each.backup())).stream()
                                .anyMatch(key -> key.value().startsWith(data))) {
                    return true;
                }
            } catch (DamagedObjectException | ObjectMissing e) {
                // Then it does not say so.
            }
        }
        return false;
    }

    private static BackupState state(Stage stage, Instant newest, Instant now) {
        Duration silence = Duration.between(newest, now);
        return switch (stage) {
            case REMOVED -> BackupState.REMOVED;
            case WAITING ->
                silence.compareTo(Intent.PUBLICATION_LIMIT) > 0 ? BackupState.INTERRUPTED : BackupState.WAITING;
            case UNFINISHED -> silence.compareTo(LONGEST_SILENCE) > 0 ? BackupState.INTERRUPTED : BackupState.RUNNING;
        };
    }

    private static boolean hasItsWal(BackupId id, BackupCatalog catalog, WalInventory wal, WalSegmentSize size)
            throws IOException {
        Optional<byte[]> document = catalog.waiting(id);
        try {
            return document.isPresent()
                    && catalog.describe(id, document.get()).wal().segments(size).allMatch(wal::contains);
        } catch (DamagedObjectException e) {
            return false; // Nobody can tell which WAL it needs.
        }
    }
}
