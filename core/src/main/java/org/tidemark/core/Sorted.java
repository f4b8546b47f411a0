// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.util.function.IntPredicate;

/** What is in order without being a list or an array. */
public final class Sorted {
    private Sorted() {}

    /**
     * The first place from which on something is true; {@code size} if it is true of none.
     *
     * @param size the places are from 0 to before it
     * @param isReached false up to a place, and true of all after it
     */
    public static int first(int size, IntPredicate isReached) {
        int from = 0;
        int to = size;
        while (from < to) {
            int middle = (from + to) >>> 1;
            if (isReached.test(middle)) {
                to = middle;
            } else {
                from = middle + 1;
            }
        }
        return from;
    }
}
