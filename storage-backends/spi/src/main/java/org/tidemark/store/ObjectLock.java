// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.time.Duration;

/** The lock that a store puts on each new object, so that nobody can remove the object for a time. Thread-safe. */
public interface ObjectLock {
    /** How long each object stays locked after it was stored. */
    Duration period();

    /**
     * Stores a small object with a short lock, and tries to remove it for good. The object is deleted afterwards as any
     * other; a bucket may keep it until the lock ends.
     *
     * @param scratch a key that nothing else uses
     */
    Proof tryOn(ObjectKey scratch) throws StorageException;

    /** The result of a test of a lock. */
    enum Proof {
        /** A locked object could not be removed, and an object without a lock could. */
        KEPT,
        /** A locked object was removed, or the store shows no lock on it. */
        NOT_KEPT,
        /** These credentials can remove neither a locked object nor another one. */
        NOT_TOLD
    }
}
