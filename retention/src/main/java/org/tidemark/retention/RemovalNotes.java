// SPDX-License-Identifier: Apache-2.0
package org.tidemark.retention;

import java.io.IOException;
import java.time.Clock;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.Tombstone;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.retention.Expirer.Notes;
import org.tidemark.retention.RetentionPlan.BackupFate;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.StorageFull;

/** What a run says of the backups that it is about to remove, before it removes any of them. Thread-safe. */
final class RemovalNotes {
    private final BackupCatalog catalog;
    private final ObjectStore store;
    private final Clock clock;
    private final Notes when;

    RemovalNotes(ClusterArchive archive, Clock clock, Notes when) {
        this.catalog = archive.backups();
        this.store = archive.repository().store();
        this.clock = clock;
        this.when = when;
    }

    /**
     * The note of one.
     *
     * @param isStored whether the store says so; otherwise it has no room
     * @param isOurs whether this run has said it
     */
    record Note(Tombstone tombstone, boolean isStored, boolean isOurs) {}

    /**
     * Stores the note, if the store has room for it. If the run is cut off without it, sync can copy the backup back.
     */
    Note store(Tombstone tombstone) throws IOException {
        try {
            return new Note(tombstone, true, catalog.noteRemoval(tombstone));
        } catch (StorageFull e) {
            if (when == Notes.REQUIRED) {
                throw e;
            }
            return new Note(tombstone, false, false);
        }
    }

    /**
     * Another run may be about to remove the very backups for whose sake this one removes others. Both say first what
     * they remove, and look then; so at least one of them sees the other.
     *
     * @throws UserFacingException NO if one does; then nothing was removed
     */
    void requireThatOthersStay(RetentionPlan plan) throws IOException {
        Set<BackupId> going = catalog.removed();
        for (BackupFate fate : plan.backups()) {
            BackupId id = fate.backup().id();
            Optional<Tombstone> other = fate.stays() && going.contains(id)
                    ? catalog.removal(id).filter(each -> each.isRecent(clock.instant()))
                    : Optional.empty();
            if (other.isPresent()) {
                throw new UserFacingException(
                        ExitCode.NO,
                        "nothing is removed from " + store.description() + ": backup '" + id
                                + "', which stays by this plan, is being deleted from "
                                + other.get().host() + " (" + other.get().why() + ")",
                        "When that has ended, run it again. If nothing deletes it, either delete it or wait for a day:"
                                + " tidemark delete " + id);
            }
        }
    }

    /** The backup stays, as far as this run goes. */
    void retract(Note note) throws IOException {
        BackupId id = note.tombstone().id();
        if (note.isOurs()) {
            catalog.retractRemoval(id);
            if (store.stat(catalog.keys(id).backup()).isEmpty()) {
                catalog.noteRemoval(note.tombstone()); // another run has removed it meanwhile
            }
        }
    }

    /** Nothing was removed: otherwise the notes would hold up other runs for a day. */
    void retractAll(Collection<Note> notes) {
        for (Note each : notes) {
            try {
                retract(each);
            } catch (IOException | UserFacingException e) {
                return; // Why nothing was removed is told; the notes become old.
            }
        }
    }
}
