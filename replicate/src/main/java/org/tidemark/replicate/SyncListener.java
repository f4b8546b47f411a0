// SPDX-License-Identifier: Apache-2.0
package org.tidemark.replicate;

/** Receives the progress of a copy. */
@FunctionalInterface
public interface SyncListener {
    /** The total copied until now; called by several threads, one after the other. */
    void copied(long objects, long bytes);
}
