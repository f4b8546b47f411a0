// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

/** Hears how far a restore is. Called by several threads at once. */
public interface RestoreProgress {
    RestoreProgress NONE = bytes -> {};

    /** {@code bytes} more are in place, written or found there; all together are the size of the backup's data. */
    void advanced(long bytes);
}
