// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.verify;

import java.io.IOException;
import java.util.Collection;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.tidemark.catalog.Listing;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.BackupKeys;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStore;

/** Tells what an expiry removed while a verification ran from what is missing. Thread-safe. */
final class RemovedMeanwhile {
    private final ObjectStore store;
    private final Set<BackupKeys> gone = ConcurrentHashMap.newKeySet();

    RemovedMeanwhile(ObjectStore store) {
        this.store = store;
    }

    /**
     * Whether an object that is missing was removed on purpose.
     *
     * @param owners every backup that needs it
     */
    boolean isRemoved(ObjectKey key, Collection<BackupId> owners) throws IOException {
        if (!(ObjectName.parse(key) instanceof ObjectName.OfIncarnation name)) {
            return false;
        }
        for (BackupId owner : owners) {
            if (!isGone(name.incarnation().backup(owner))) {
                return false;
            }
        }
        return switch (name) {
            case ObjectName.OfBackup object -> isGone(object.keys());
            case ObjectName.Wal wal -> isNoted(wal.incarnation(), wal.segment());
            // One that reaches further replaces it.
            case ObjectName.RemovedWal _, ObjectName.GivenUpWal _ -> true;
            // Removed once the segment is archived.
            case ObjectName.StreamPiece _ -> true;
            // Old ones are removed.
            case ObjectName.Attempt _, ObjectName.DrillEvidence _ -> true;
            // Removed together with its object.
            case ObjectName.Repaired _, ObjectName.Rejection _ -> true;
            case ObjectName.History _, ObjectName.IncarnationIdentity _, ObjectName.WalMark _, ObjectName.Unknown _ ->
                false;
        };
    }

    /** Whether a backup was found to be removed until now, or is found so now. */
    boolean isGone(BackupKeys backup) throws IOException {
        if (gone.contains(backup)) {
            return true;
        }
        if (store.stat(backup.backup()).isPresent()
                || store.stat(backup.tombstone()).isEmpty()) {
            return false;
        }
        gone.add(backup);
        return true;
    }

    /** Whether a backup was found to be removed until now. */
    boolean isKnownToBeGone(BackupKeys backup) {
        return gone.contains(backup);
    }

    private boolean isNoted(IncarnationKeys incarnation, Segment segment) throws IOException {
        Listing listing = Listing.of(store, incarnation.gaps());
        for (ObjectInfo object = listing.next(); object != null; object = listing.next()) {
            if (ObjectName.parse(object.key()) instanceof ObjectName.RemovedWal range
                    && range.first().timeline().equals(segment.timeline())
                    && range.first().compareTo(segment) <= 0
                    && segment.compareTo(range.last()) <= 0) {
                return true;
            }
        }
        return false;
    }
}
