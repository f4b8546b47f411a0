// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

/**
 * The free and total space of a store. Immutable.
 *
 * @param freeBytes the space that this user may still write
 * @param totalBytes the total size, at least 1
 */
public record StoreSpace(long freeBytes, long totalBytes) {
    public int freePercent() {
        return (int) ((double) freeBytes / Math.max(1, totalBytes) * 100);
    }
}
