// SPDX-License-Identifier: Apache-2.0
package org.tidemark.walsearch;

import java.util.Arrays;
import java.util.OptionalLong;
import org.tidemark.core.Lsn;
import org.tidemark.core.Sorted;

/**
 * Where the last transactions were committed, in order: to count them between a moment and the end of what was read. A
 * day can have a hundred million. Not thread-safe.
 */
final class CommitPlaces {
    /** 8 MiB. */
    static final int MOST = 1 << 20;

    private long[] places = new long[1024];
    /** Of all that were added; the places of the last ones are kept. */
    private long count;

    void add(Lsn commit) {
        if (count == places.length && places.length < MOST) {
            places = Arrays.copyOf(places, 2 * places.length);
        }
        places[(int) (count++ & (places.length - 1))] = commit.value();
    }

    /** How many begin at a position or after it, and before another one; empty if there are too many to tell. */
    OptionalLong between(Lsn from, Lsn to) {
        int kept = (int) Math.min(count, places.length);
        int first = before(from, kept);
        return first == 0 && kept < count ? OptionalLong.empty() : OptionalLong.of(before(to, kept) - first);
    }

    private int before(Lsn position, int kept) {
        return Sorted.first(
                kept,
                place -> Long.compareUnsigned(
                                places[(int) ((count - kept + place) & (places.length - 1))], position.value())
                        >= 0);
    }
}
