// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.io.InputStream;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.ObjectMissing;

/**
 * Write-once bytes by key. Six operations, and nothing that a bucket would have to fake: no overwrite, no rename, no
 * directory, no append. Thread-safe.
 *
 * <p>Every method throws {@link StorageException} when the store does not do what was asked; "there is no such object"
 * is only ever said when the store answered so. A thread that is interrupted while it waits for the store ends with
 * {@link StorageException.StorageUnavailable} and its interrupt flag set.
 */
public interface ObjectStore extends AutoCloseable {
    /**
     * Creates an object, if there is none of this key. When this returns, the object is durable and can be read. When
     * it throws, nothing is visible under the key, except after {@link StorageException.StorageUnavailable}: then the
     * object may be there whole, and never in part.
     *
     * @throws ObjectExists if there is an object already: it is left alone. A store that syncs by itself has synced the
     *     existing object and its directories once more, since its first writer may have died before it could
     */
    void putIfAbsent(ObjectKey key, ObjectSource source) throws StorageException;

    /**
     * The bytes of an object, or of a part of it; the caller closes the stream. The stream throws
     * {@link StorageException} where it breaks off, and never ends early in silence. A range that goes beyond the end
     * gives what there is; one that starts behind the end gives nothing.
     *
     * @throws ObjectMissing if the store answered that there is no such object
     */
    InputStream open(ObjectKey key, ByteRange range) throws StorageException;

    /** What the store knows of an object; empty means that it answered "no", never that it could not tell. */
    Optional<ObjectInfo> stat(ObjectKey key) throws StorageException;

    /**
     * A page of the keys that begin with {@code prefix}, in byte order.
     *
     * @param prefix the beginning of keys: empty, or whole parts each with its slash, such as {@code "main/"}; it
     *     selects by characters, as a bucket does
     * @param after only keys behind this one, whether or not it exists; empty from the first on
     * @param limit 1 to {@value #MAX_PAGE}
     */
    ObjectPage list(String prefix, Optional<ObjectKey> after, int limit) throws StorageException;

    int MAX_PAGE = 1000;

    /** Removes objects; those that are not there do not matter. Not atomic over several keys. */
    void delete(Collection<ObjectKey> keys) throws StorageException;

    StoreTraits traits();

    /** What is left of uploads that never ended; empty where the store keeps no such thing. */
    default Optional<UnfinishedUploads> unfinishedUploads() {
        return Optional.empty();
    }

    /** How much room is left; empty where the store has no end, or cannot tell. */
    default Optional<StoreSpace> space() throws StorageException {
        return Optional.empty();
    }

    /** What was found out about the server so far that {@code init --test} should say; most stores have nothing. */
    default List<StoreRemark> remarks() {
        return List.of();
    }

    /** For messages: the address without any secret. */
    String description();

    /** Gives back connections. No operation may be under way. */
    @Override
    default void close() {}
}
