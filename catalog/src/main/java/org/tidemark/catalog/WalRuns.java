// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.store.ObjectInfo;

/** Makes runs of the segments of one timeline, which come in rising order. Not thread-safe. */
final class WalRuns {
    private final WalSegmentSize size;
    private final List<WalRun> runs = new ArrayList<>();
    private WalFile.@Nullable Segment first;
    private WalFile.@Nullable Segment last;
    private long lastIndex;
    private long count;
    private long storedBytes;
    private Instant firstStored = Instant.EPOCH;
    private Instant lastStored = Instant.EPOCH;

    WalRuns(WalSegmentSize size) {
        this.size = size;
    }

    void add(WalFile.Segment segment, ObjectInfo object) {
        long index = segment.index(size);
        if (last != null && index != lastIndex + 1) {
            endRun();
        }
        if (first == null) {
            first = segment;
            firstStored = object.stored();
        }
        last = segment;
        lastIndex = index;
        count++;
        storedBytes += object.sizeBytes();
        lastStored = object.stored();
    }

    private void endRun() {
        if (first != null && last != null) {
            runs.add(new WalRun(first, last, count, storedBytes, firstStored, lastStored));
        }
        first = null;
        last = null;
        count = 0;
        storedBytes = 0;
    }

    List<WalRun> finish() {
        endRun();
        return List.copyOf(runs);
    }
}
