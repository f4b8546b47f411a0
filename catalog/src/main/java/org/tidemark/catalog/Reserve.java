// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import java.io.IOException;
import java.security.SecureRandom;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.StorageFull;

/**
 * Room that an expiry gives back when the disk of a repository is full, for the records that it stores before it
 * deletes anything: its claim and what it notes of each backup. A file system may lack blocks, or inodes: the reserve
 * has both, in scratch objects, so earlier programs leave it alone. Thread-safe.
 */
public final class Reserve {
    /** A hundred records, each in a block of its own. */
    public static final int BYTES = 512 << 10;

    /** Files, and the directories that they are in. */
    private static final int INODES = 64;

    /** The first one has the bytes. */
    public static final List<ObjectKey> KEYS =
            IntStream.range(0, INODES).mapToObj(Reserve::key).toList();

    private Reserve() {}

    private static ObjectKey key(int number) {
        return ObjectName.Scratch.of(new UUID(0x7265736572764000L, 0x8000000000000000L + number))
                .key();
    }

    /** Stores what is missing of it, as far as there is room. */
    public static void keep(ObjectStore store) throws IOException {
        if (store.stat(KEYS.getFirst()).isPresent()
                && store.stat(KEYS.getLast()).isPresent()) {
            return;
        }
        byte[] content = new byte[BYTES]; // no file system may compress it
        new SecureRandom().nextBytes(content);
        for (ObjectKey key : KEYS) {
            try {
                store.putIfAbsent(key, ObjectSource.of(key.equals(KEYS.getFirst()) ? content : new byte[0]));
            } catch (ObjectExists e) {
                // Another host was faster.
            } catch (StorageFull e) {
                return; // The next expiry stores the rest.
            }
        }
    }

    /** Deletes it, if it is there. */
    public static void giveBack(ObjectStore store) throws IOException {
        store.delete(KEYS);
    }
}
