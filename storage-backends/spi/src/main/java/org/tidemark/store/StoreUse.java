// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

/** What was asked of a store since it was opened. Immutable. */
public record StoreUse(Use put, Use open, Use stat, Use list, Use delete) {
    /**
     * One operation.
     *
     * @param calls that have begun
     * @param failures those that ended with an error, and streams that broke off; "exists" and "missing" are answers
     * @param bytes of objects that were stored whole, or that came through streams
     */
    public record Use(long calls, long failures, long bytes) {}
}
