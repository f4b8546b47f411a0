// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.backups;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.backup.Intent;
import org.tidemark.core.Amounts;
import org.tidemark.operations.backups.ListedBackup.State;
import org.tidemark.retention.RetentionCatalog.UnfinishedBackup;

/** What is to be said of an id without a backup in one repository. */
public final class UnfinishedCopy {
    /** A backup that runs stores an object every few minutes, unless its store is very slow. */
    private static final Duration LONGEST_SILENCE = Duration.ofHours(1);

    private UnfinishedCopy() {}

    /** With the time of its newest object, if it may still run. */
    public static CatalogEntry.Unpublished withNewest(
            CatalogEntry.Unpublished entry, BackupCatalog catalog, Instant now) throws IOException {
        boolean mayRun = entry.stage() == CatalogEntry.Stage.UNFINISHED
                && isOf(entry, now) != State.RUNNING
                && entry.lastStored().isAfter(now.minus(Intent.PUBLICATION_LIMIT));
        Instant newest = mayRun ? catalog.newestBundle(entry.id()).orElse(entry.lastStored()) : entry.lastStored();
        return newest.isAfter(entry.lastStored())
                ? new CatalogEntry.Unpublished(entry.id(), newest, entry.stage())
                : entry;
    }

    /** Whether it runs, waits, was interrupted or removed. */
    public static State isOf(CatalogEntry.Unpublished entry, Instant now) {
        Duration silence = Duration.between(entry.lastStored(), now);
        return switch (entry.stage()) {
            case REMOVED -> State.REMOVED;
            case WAITING -> silence.compareTo(Intent.PUBLICATION_LIMIT) > 0 ? State.INTERRUPTED : State.WAITING;
            case UNFINISHED -> silence.compareTo(LONGEST_SILENCE) > 0 ? State.INTERRUPTED : State.RUNNING;
        };
    }

    static String words(CatalogEntry.Unpublished entry, Instant now) {
        String newest = Amounts.minute(entry.lastStored());
        return switch (isOf(entry, now)) {
            case WAITING -> "its files were stored by " + newest + ", and it waits for its WAL";
            case RUNNING -> "newest object " + newest;
            case REMOVED -> "removed; the next expire deletes what is left";
            case INTERRUPTED, COMPLETE, BROKEN ->
                (entry.stage() == CatalogEntry.Stage.WAITING
                                ? "its WAL did not arrive in time"
                                : "no object since " + newest)
                        + (Duration.between(entry.lastStored(), now).compareTo(UnfinishedBackup.GRACE_PERIOD) > 0
                                ? "; the next expire deletes what is left"
                                : "");
        };
    }
}
