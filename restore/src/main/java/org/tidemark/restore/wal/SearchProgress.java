// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.wal;

/** Is told how far the search for a restore point is. */
@FunctionalInterface
public interface SearchProgress {
    SearchProgress NONE = (bytes, all) -> {};

    /**
     * WAL was read.
     *
     * @param bytes how much until now
     * @param all how much will be read if the restore point is not found
     */
    void read(long bytes, long all);
}
