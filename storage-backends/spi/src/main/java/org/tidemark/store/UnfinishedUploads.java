// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.time.Instant;
import java.util.List;

/**
 * The uploads of a store that were begun and never completed. Their parts take space, and no listing shows them.
 * {@link ObjectStore#unfinishedUploads} gives access to them. Thread-safe.
 */
public interface UnfinishedUploads {
    /**
     * One unfinished upload. Immutable.
     *
     * @param id the store's id of the upload
     * @param begun the start of the upload, by the store's clock
     */
    record Upload(ObjectKey key, String id, Instant begun) {}

    /**
     * The uploads that were begun before a time, by the store's clock, in no particular order.
     *
     * @param prefix the beginning of the keys, as in {@link ObjectStore#list}
     * @param limit the maximum number of uploads, 1 to {@value ObjectStore#MAX_PAGE}
     */
    List<Upload> begunBefore(String prefix, Instant time, int limit) throws StorageException;

    /** Removes the parts of an upload; does nothing if the upload was completed or does not exist. */
    void abort(Upload upload) throws StorageException;
}
