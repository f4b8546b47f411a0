// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The damage that anybody with the credentials of a store can do to its objects, and that a store never does by itself.
 * Only a self-test calls this, for objects of its own. Thread-safe if the store is.
 *
 * <p>{@link StorageException.StorageDenied} and {@link StorageException.ObjectExists} say that the store refused the
 * damage.
 */
public interface Tampering {
    /**
     * Creates an object that is protected as all others are. A lock ends after a minute instead of the configured time.
     */
    void create(ObjectKey key, byte[] content) throws StorageException;

    /** Replaces an object, by a request without a condition. */
    void overwrite(ObjectKey key, byte[] content) throws StorageException;

    /**
     * The number of copies of an object that can be brought back: its present bytes, earlier versions and those that
     * the store keeps after a deletion. Empty if the store does not tell these credentials.
     */
    OptionalInt copies(ObjectKey key) throws StorageException;

    /**
     * Removes every copy of an object that these credentials can find, and ends locks early if they can.
     *
     * @throws StorageException.StorageUnavailable also if these credentials cannot find the copies
     */
    void destroy(ObjectKey key) throws StorageException;

    /**
     * What protects an object that exists from a removal that these credentials may do otherwise; empty if nothing
     * does, or if they cannot see it.
     */
    Optional<Lock> lock(ObjectKey key) throws StorageException;

    /**
     * A lock of an object, or a hold. Immutable.
     *
     * @param irrevocable whether nobody can end it before its time, not even the owner of the bucket
     * @param text what it is, and until when
     */
    record Lock(boolean irrevocable, String text) {}

    /**
     * Whether these credentials can change what protects all objects: rules, versions, locks, the bucket itself. It
     * asks the store for the rights and changes nothing.
     */
    Control control();

    /**
     * The rights over all objects. Immutable.
     *
     * @param has empty if the store does not answer; the hint then says where to look
     * @param subject a word
     */
    record Control(Optional<Boolean> has, String subject, String message, String hint) {}

    /** The tampering of a store without versions and locks, where a deletion is final. */
    static Tampering withoutVersions(ObjectStore store, Overwrite overwrite, Control control) {
        return new Tampering() {
            @Override
            public void create(ObjectKey key, byte[] content) throws StorageException {
                store.putIfAbsent(key, ObjectSource.of(content));
            }

            @Override
            public void overwrite(ObjectKey key, byte[] content) throws StorageException {
                overwrite.overwrite(key, content);
            }

            @Override
            public OptionalInt copies(ObjectKey key) throws StorageException {
                return OptionalInt.of(store.stat(key).isPresent() ? 1 : 0);
            }

            @Override
            public void destroy(ObjectKey key) throws StorageException {
                store.delete(List.of(key));
            }

            @Override
            public Optional<Lock> lock(ObjectKey key) {
                return Optional.empty();
            }

            @Override
            public Control control() {
                return control;
            }
        };
    }

    /** Replaces an object, by a request without a condition. */
    interface Overwrite {
        void overwrite(ObjectKey key, byte[] content) throws StorageException;
    }
}
