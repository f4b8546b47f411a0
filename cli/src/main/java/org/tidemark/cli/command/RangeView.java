// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import org.tidemark.catalog.wal.WalInventory.WalHole;
import org.tidemark.core.WalFile.Segment;

/** Successive WAL segments in JSON, the same in every command. */
record RangeView(Segment first, Segment last, long segments) {
    static RangeView of(WalHole hole) {
        return new RangeView(hole.first(), hole.last(), hole.count());
    }
}
