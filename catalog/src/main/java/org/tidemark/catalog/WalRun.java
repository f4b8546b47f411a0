// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import java.time.Instant;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile;

/**
 * Archived segments of one timeline without a gap between them. Immutable.
 *
 * @param count how many segments, 1 or more
 * @param storedBytes the length of all their objects
 * @param firstStored when the first of them was stored, by the store's clock
 * @param lastStored when the last of them was stored; an earlier time than {@code firstStored} is possible
 */
public record WalRun(
        WalFile.Segment first,
        WalFile.Segment last,
        long count,
        long storedBytes,
        Instant firstStored,
        Instant lastStored) {
    public Timeline timeline() {
        return first.timeline();
    }
}
