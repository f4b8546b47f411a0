// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import java.util.Collection;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.DelegatingStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;

/**
 * The store for a task that only one host may do at a time: before a backup is published or something is deleted, the
 * host asks whether the task is still its own. A machine that was suspended may wake up when another has done it.
 * Thread-safe.
 */
public final class HeldStore extends DelegatingStore {
    private final Hold hold;

    public HeldStore(ObjectStore store, Hold hold) {
        super(store);
        this.hold = hold;
    }

    @Override
    public void putIfAbsent(ObjectKey key, ObjectSource source) throws StorageException {
        switch (ObjectName.parse(key)) {
            case ObjectName.BackupDocument _ -> hold.requireToPublish();
            // They say what is deleted next.
            case ObjectName.Tombstone _, ObjectName.RemovedWal _ -> hold.requireToDelete();
            default -> {}
        }
        super.putIfAbsent(key, source);
    }

    @Override
    public void delete(Collection<ObjectKey> keys) throws StorageException {
        hold.requireToDelete();
        super.delete(keys);
    }

    /** The right to do a task. Thread-safe. */
    public interface Hold {
        /**
         * Before a backup is published.
         *
         * @throws UserFacingException if another host has taken over. Where that cannot be asked, the backup counts
         *     more: a second one costs space alone
         */
        void requireToPublish();

        /**
         * Before something is deleted.
         *
         * @throws UserFacingException if another host has taken over, or that cannot be asked
         */
        void requireToDelete();
    }
}
