// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Columns on the heap and beyond it. */
class ColumnsTest {
    private static final int ROWS = 400_000;

    @Test
    void eachRowIsAsItWasAdded() {
        Columns.Ints ints = new Columns.Ints();
        Columns.Longs longs = new Columns.Longs();
        for (int row = 0; row < ROWS; row++) {
            ints.add(row * 31);
            longs.add(row * 0x9E3779B97F4A7C15L);
        }
        assertThat(ints.size()).isEqualTo(ROWS);
        for (int row = 0; row < ROWS; row++) {
            assertThat(ints.get(row)).isEqualTo(row * 31);
            assertThat(longs.get(row)).isEqualTo(row * 0x9E3779B97F4A7C15L);
        }
    }

    /** As many rows as ten terabytes have pieces do not fill a small heap. */
    @Test
    void whatIsBeyondTheFirstRowsIsNotOnTheHeap() {
        Columns.Longs longs = new Columns.Longs();
        long before = used();
        for (int row = 0; row < 10_000_000; row++) {
            longs.add(row);
        }
        assertThat(used() - before).isLessThan(20L << 20);
        assertThat(longs.get(9_999_999)).isEqualTo(9_999_999);
    }

    private static long used() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }
}
