// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.receive;

import java.time.Duration;

/** The time until something is tried again: 1 s, then twice as long each time, up to a limit. Not thread-safe. */
public final class GrowingPause {
    static final Duration FIRST = Duration.ofSeconds(1);
    static final Duration LONGEST = Duration.ofSeconds(30);

    private final Duration longest;
    private Duration next = FIRST;

    /** Up to 30 s. */
    GrowingPause() {
        this(LONGEST);
    }

    /** @param longest a second or more */
    public GrowingPause(Duration longest) {
        this.longest = longest;
    }

    /** It has worked. */
    public void reset() {
        next = FIRST;
    }

    /** How long to wait now; the next time longer. */
    public Duration take() {
        Duration now = next;
        Duration doubled = now.multipliedBy(2);
        next = doubled.compareTo(longest) < 0 ? doubled : longest;
        return now;
    }
}
