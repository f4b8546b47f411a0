// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

/**
 * How much room a store has. Immutable.
 *
 * @param freeBytes what this user may still write
 * @param totalBytes of everything, at least 1
 */
public record StoreSpace(long freeBytes, long totalBytes) {
    public int freePercent() {
        return (int) ((double) freeBytes / Math.max(1, totalBytes) * 100);
    }
}
