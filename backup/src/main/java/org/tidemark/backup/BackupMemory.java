// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import org.tidemark.catalog.Codec;
import org.tidemark.catalog.backup.Frame;

/**
 * The settings that decide how much memory a backup needs: for the bundle that is being filled, for those that are
 * being stored, and for frames. Immutable.
 *
 * @param bundleSizeBytes the stored size at which a bundle is full
 * @param inFlight how many bundles are stored at the same time
 * @param jobs how many threads fill and compress frames
 */
record BackupMemory(long bundleSizeBytes, int inFlight, int jobs) {
    /** Bundles get half of the heap, and frames a quarter. The rest is for the manifest and the store's buffers. */
    private static final int BUNDLES_SHARE = 2;

    private static final int FRAMES_SHARE = 4;

    /** For each thread: the frame that it compresses, and one that waits. */
    static final int FRAMES_PER_JOB = 2;

    private static final long JOB_BYTES =
            FRAMES_PER_JOB * (Frame.MAX_DATA_BYTES + (long) Codec.maxFrameBytes(Frame.MAX_DATA_BYTES));

    /**
     * The same, or less where a heap of {@code heapBytes} is too small for it.
     *
     * @param variants each of which has bundles of its own
     */
    BackupMemory within(long heapBytes, int variants) {
        long most = heapBytes / BUNDLES_SHARE / variants;
        // One is filled and one is stored at least.
        long size = Math.min(bundleSizeBytes, most / 2);
        return new BackupMemory(
                size,
                Math.clamp(most / size - 1, 1, inFlight),
                Math.clamp(heapBytes / FRAMES_SHARE / JOB_BYTES, 1, jobs));
    }
}
