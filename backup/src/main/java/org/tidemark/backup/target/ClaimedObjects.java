// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.target;

import java.io.IOException;
import java.io.InputStream;
import org.tidemark.catalog.format.StoredObject;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.StorageUnavailable;

/**
 * Stores objects under an id that this process has claimed. What is there already can only be the same object, from an
 * attempt whose answer was lost; it is read and compared before it counts. Thread-safe.
 */
public record ClaimedObjects(ObjectStore store) {
    /**
     * Stores an object, unless it is there already.
     *
     * @param expected size and digest of what {@code source} gives
     */
    public void put(ObjectKey key, ObjectSource source, StoredObject expected) throws IOException {
        try {
            store.putIfAbsent(key, source);
        } catch (ObjectExists e) {
            if (!read(key).equals(expected)) {
                throw new UserFacingException(
                        ExitCode.BACKUP_FAILED,
                        "different content is already stored as '" + key + "' in " + store.description(),
                        "Does another process write into this repository under the same id? Take the backup again.",
                        e);
            }
        } catch (StorageUnavailable e) {
            if (!isStored(key, expected, e)) {
                throw e;
            }
        }
    }

    private boolean isStored(ObjectKey key, StoredObject expected, StorageUnavailable failure) {
        try {
            return !Thread.currentThread().isInterrupted() && read(key).equals(expected);
        } catch (IOException e) {
            failure.addSuppressed(e);
            return false;
        }
    }

    private StoredObject read(ObjectKey key) throws IOException {
        try (InputStream in = store.open(key, ByteRange.ALL)) {
            return StoredObject.of(in);
        }
    }
}
