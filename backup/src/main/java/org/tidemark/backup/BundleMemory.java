// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

/**
 * How much memory the bundles of a backup take: one that is filled, and those that are stored meanwhile. Immutable.
 *
 * @param bundleSizeBytes the stored size at which a bundle is full
 */
record BundleMemory(long bundleSizeBytes, int inFlight) {
    /** The other half has the frames, the manifest and the store's buffers. */
    private static final int SHARE = 2;

    /** The same or less, so that all bundles together take no more than half of a heap of {@code heapBytes}. */
    BundleMemory within(long heapBytes) {
        long most = heapBytes / SHARE;
        // One is filled and one is stored at least.
        long size = Math.min(bundleSizeBytes, most / 2);
        return new BundleMemory(size, Math.clamp(most / size - 1, 1, inFlight));
    }
}
