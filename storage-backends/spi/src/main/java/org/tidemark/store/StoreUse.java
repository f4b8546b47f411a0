// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

/** The use of a store since it was opened. Immutable. */
public record StoreUse(Use put, Use open, Use stat, Use list, Use delete) {
    /**
     * The use of one operation.
     *
     * @param calls the number of calls, including running ones
     * @param failures calls that failed and streams that broke off; "exists" and "missing" are not failures
     * @param bytes the bytes of stored objects, or the bytes that streams delivered
     */
    public record Use(long calls, long failures, long bytes) {}
}
