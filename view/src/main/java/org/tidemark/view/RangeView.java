// SPDX-License-Identifier: Apache-2.0
package org.tidemark.view;

import org.tidemark.catalog.wal.WalInventory.WalHole;
import org.tidemark.core.WalFile.Segment;

/** Successive WAL segments in JSON, the same in every command. */
public record RangeView(Segment first, Segment last, long segments) {
    public static RangeView of(WalHole hole) {
        return new RangeView(hole.first(), hole.last(), hole.count());
    }
}
