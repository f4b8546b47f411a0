// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import java.time.Duration;

/** The limits of one request: of each wait, and of all together. Immutable. */
final class Deadline {
    private final Duration each;
    private final Duration whole;
    private final long begin = System.nanoTime();

    private Deadline(Duration each, Duration whole) {
        this.each = each;
        this.whole = whole;
    }

    static Deadline of(Duration each, Duration whole) {
        return new Deadline(each, whole);
    }

    /** How long the next wait may be; 0 when the time is over. */
    long nextMillis() {
        long left = whole.toMillis() - (System.nanoTime() - begin) / 1_000_000;
        return Math.clamp(left, 0, each.toMillis());
    }

    String describe() {
        return each.toSeconds() + " s, or the whole took more than " + whole.toSeconds() + " s";
    }
}
