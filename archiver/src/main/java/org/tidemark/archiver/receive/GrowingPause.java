// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.receive;

import java.time.Duration;

/** The time until something is tried again: 1 s, then twice as long each time, up to 30 s. Not thread-safe. */
final class GrowingPause {
    static final Duration FIRST = Duration.ofSeconds(1);
    static final Duration LONGEST = Duration.ofSeconds(30);

    private Duration next = FIRST;

    /** It has worked. */
    void reset() {
        next = FIRST;
    }

    /** How long to wait now; the next time longer. */
    Duration take() {
        Duration now = next;
        Duration doubled = now.multipliedBy(2);
        next = doubled.compareTo(LONGEST) < 0 ? doubled : LONGEST;
        return now;
    }
}
