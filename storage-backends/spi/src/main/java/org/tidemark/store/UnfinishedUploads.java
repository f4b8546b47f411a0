// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.time.Instant;
import java.util.List;

/**
 * What a store keeps, and bills, of uploads that were begun and never ended: parts that no listing shows. Offered by
 * stores that upload in parts; found by {@link ObjectStore#unfinishedUploads}. Thread-safe.
 */
public interface UnfinishedUploads {
    /**
     * One of them. Immutable.
     *
     * @param id by which the store knows it
     * @param begun by the store's clock
     */
    record Upload(ObjectKey key, String id, Instant begun) {}

    /**
     * Those that were begun before a time, by the store's clock; no order is promised.
     *
     * @param prefix as that of {@link ObjectStore#list}
     * @param limit at most so many, 1 to {@value ObjectStore#MAX_PAGE}
     */
    List<Upload> begunBefore(String prefix, Instant time, int limit) throws StorageException;

    /** Removes its parts; one that has ended or is gone does not matter. */
    void abort(Upload upload) throws StorageException;
}
