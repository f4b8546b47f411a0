// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A timeline id: 1 for a new cluster, and a new id for each promotion. Immutable.
 *
 * @param id 1 or more
 */
public record Timeline(int id) implements Comparable<Timeline> {
    public static final Timeline FIRST = new Timeline(1);

    public Timeline {
        if (id < 1) {
            throw new IllegalArgumentException("not a timeline: " + id + " (expected 1 or more)");
        }
    }

    /** Parses eight hexadecimal digits, the form in file names. */
    public static Timeline parseHex(String hex) {
        if (!hex.matches("[0-7][0-9A-F]{7}")) {
            throw new IllegalArgumentException("not a timeline: '" + hex + "' (expected eight digits 0-9A-F)");
        }
        return new Timeline(Integer.parseInt(hex, 16));
    }

    /** Eight hexadecimal digits, the form in file names. */
    public String toHex() {
        return digits(id);
    }

    /** Eight hexadecimal digits. By hand: a listing prints millions of names, and String.format takes microseconds. */
    static String digits(int value) {
        return Long.toHexString(1L << Integer.SIZE | Integer.toUnsignedLong(value))
                .substring(1)
                .toUpperCase(Locale.ROOT);
    }

    @Override
    public int compareTo(Timeline other) {
        return Integer.compare(id, other.id);
    }

    // Written out: linking a record's own costs every WAL command milliseconds.
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Timeline that && id == that.id;
    }

    @Override
    public int hashCode() {
        return id;
    }

    @Override
    public String toString() {
        return Integer.toString(id);
    }
}
