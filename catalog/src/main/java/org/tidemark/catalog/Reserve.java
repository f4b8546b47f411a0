// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import java.io.IOException;
import java.security.SecureRandom;
import java.util.List;
import java.util.UUID;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.StorageFull;

/**
 * Room that an expiry gives back when the disk of a repository is full, for the records that it stores before it
 * deletes anything: its claim and what it notes of each backup. A scratch object, so earlier programs leave it alone.
 * Thread-safe.
 */
public final class Reserve {
    /** A hundred records, each in a block of its own. */
    public static final int BYTES = 512 << 10;

    public static final ObjectKey KEY = ObjectName.Scratch.of(UUID.fromString("72657365-7276-4000-8000-000000000000"))
            .key();

    private Reserve() {}

    /** Stores it, unless it is there or there is no room for it. */
    public static void keep(ObjectStore store) throws IOException {
        if (store.stat(KEY).isPresent()) {
            return;
        }
        byte[] content = new byte[BYTES]; // no file system may compress it
        new SecureRandom().nextBytes(content);
        try {
            store.putIfAbsent(KEY, ObjectSource.of(content));
        } catch (ObjectExists | StorageFull e) {
            // Another host was faster, or the next expiry stores it.
        }
    }

    /** Deletes it, if it is there. */
    public static void giveBack(ObjectStore store) throws IOException {
        store.delete(List.of(KEY));
    }
}
