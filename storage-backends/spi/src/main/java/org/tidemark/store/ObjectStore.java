// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.io.InputStream;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.DiskSpace;
import org.tidemark.core.Finding;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.ObjectMissing;

/**
 * Write-once objects by key. The operations are those that every bucket has: there is no overwrite, no rename, no
 * directory and no append. Thread-safe.
 *
 * <p>Every method throws {@link StorageException} if the store does not do what the caller asked. A method reports a
 * missing object only if the store answered that the object does not exist. If a thread is interrupted while it waits
 * for the store, the method throws {@link StorageException.StorageUnavailable} and leaves the interrupt flag set.
 */
public interface ObjectStore extends AutoCloseable {
    /**
     * The maximum size of an object, so that every store can put each object in one request: 1 GiB, the largest WAL
     * segment, and 16 MiB for the header and for what encryption, or compression of random bytes, adds.
     */
    long MAX_OBJECT_BYTES = 1040L << 20;

    /**
     * Creates an object if the key does not exist. When this method returns, the object is durable and can be read.
     * When it throws, no object is visible under the key, with one exception: after
     * {@link StorageException.StorageUnavailable} the whole object may be there, but never a part of it.
     *
     * @param source of at most {@link #MAX_OBJECT_BYTES}; {@link StoreStack} refuses a longer one before the store sees
     *     it
     * @throws ObjectExists if the object exists already; it stays unchanged. A store on files has then synced the
     *     existing object and its directories again, because the first writer may have died before it synced them
     */
    void putIfAbsent(ObjectKey key, ObjectSource source) throws StorageException;

    /**
     * The bytes of an object or of a range of it; the caller closes the stream. The stream throws
     * {@link StorageException} if it breaks off, and never ends early without an error. A range beyond the end of the
     * object gives the bytes that exist, possibly none.
     *
     * @throws ObjectMissing if the store answered that there is no such object
     */
    InputStream open(ObjectKey key, ByteRange range) throws StorageException;

    /** The size and age of an object; empty only if the store answered that the object does not exist. */
    Optional<ObjectInfo> stat(ObjectKey key) throws StorageException;

    /**
     * A page of the keys that begin with {@code prefix}, in byte order.
     *
     * @param prefix the beginning of the keys: empty, or complete parts each followed by a slash, such as
     *     {@code "main/"}; the store compares characters, as a bucket does
     * @param after the page starts after this key, whether or not the key exists; empty for the first page
     * @param limit 1 to {@value #MAX_PAGE}
     */
    ObjectPage list(String prefix, Optional<ObjectKey> after, int limit) throws StorageException;

    int MAX_PAGE = 1000;

    /** Removes objects, and ignores keys that do not exist. The removal of several keys is not atomic. */
    void delete(Collection<ObjectKey> keys) throws StorageException;

    StoreTraits traits();

    /** The uploads that were begun and never completed; empty if the store cannot have any. */
    default Optional<UnfinishedUploads> unfinishedUploads() {
        return Optional.empty();
    }

    /** The space of the store; empty if the store has no limit, or does not report it. */
    default Optional<DiskSpace> space() throws StorageException {
        return Optional.empty();
    }

    /**
     * Asks, without writing anything, whether an object could be put. Most stores can tell only by writing, and say
     * nothing.
     *
     * @throws StorageException.StorageDenied if this user may not write there
     */
    default void requireWritable(ObjectKey key) throws StorageException {}

    /** The lock of new objects; empty if the store is not configured to lock them. */
    default Optional<ObjectLock> lock() {
        return Optional.empty();
    }

    /** The damage that these credentials could do; empty if the store has no such test. */
    default Optional<Tampering> tampering() {
        return Optional.empty();
    }

    /** Observations about the server, which {@code init --test} prints; most stores have none. */
    default List<Finding> remarks() {
        return List.of();
    }

    /** The address without any secret, for messages. */
    String description();

    /** Closes all connections. No operation may be running. */
    @Override
    default void close() {}
}
