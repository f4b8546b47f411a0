// SPDX-License-Identifier: Apache-2.0
package org.tidemark.walsearch;

import java.util.Arrays;
import java.util.OptionalLong;
import org.tidemark.core.Lsn;
import org.tidemark.core.Sorted;

/** Where transactions were committed, in order: to count them between two moments. Not thread-safe. */
final class CommitPlaces {
    /** 64 MiB. */
    private static final int MOST = 8 << 20;

    private long[] places = new long[1024];
    private int count;
    private boolean isFull;

    void add(Lsn commit) {
        if (count == MOST) {
            isFull = true;
            return;
        }
        if (count == places.length) {
            places = Arrays.copyOf(places, 2 * count);
        }
        places[count++] = commit.value();
    }

    /** How many begin at a position or after it, and before another one; empty if there are too many to tell. */
    OptionalLong between(Lsn from, Lsn to) {
        return isFull ? OptionalLong.empty() : OptionalLong.of(before(to) - before(from));
    }

    private int before(Lsn position) {
        return Sorted.first(count, place -> Long.compareUnsigned(places[place], position.value()) >= 0);
    }
}
