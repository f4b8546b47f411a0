// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.bundle;

import org.tidemark.catalog.backup.Frame;
import org.tidemark.catalog.format.Codec;

/**
 * The settings that decide how much memory a backup needs: for the bundle that is being filled, for those that are
 * being stored, and for frames. Immutable.
 *
 * @param bundleSizeBytes the stored size at which a bundle is full
 * @param inFlight how many bundles are stored at the same time
 * @param jobs how many threads fill and compress frames
 */
record BackupMemory(long bundleSizeBytes, int inFlight, int jobs) {
    /** Eighths of the heap. Manifests are sorted in the rest, up to 70 MiB, and stores and the collector need room. */
    private static final int BUNDLES_EIGHTHS = 3;

    private static final int FRAMES_EIGHTHS = 1;

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
        long most = heapBytes / 8 * BUNDLES_EIGHTHS / variants;
        // One is filled and one is stored at least.
        long size = Math.min(bundleSizeBytes, most / 2);
        return new BackupMemory(
                size,
                Math.clamp(most / size - 1, 1, inFlight),
                Math.clamp(heapBytes / 8 * FRAMES_EIGHTHS / JOB_BYTES, 1, jobs));
    }
}
