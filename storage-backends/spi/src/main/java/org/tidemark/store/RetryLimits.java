// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.time.Duration;

/**
 * The limits of the attempts of one operation. Immutable.
 *
 * @param tries the maximum number of attempts, including the first; 1 or more
 * @param within no further attempt begins after this time; a running attempt is not interrupted
 * @param firstPause the pause after the first attempt; each later pause is twice as long, and half of it is random
 * @param longestPause the maximum pause
 */
public record RetryLimits(int tries, Duration within, Duration firstPause, Duration longestPause) {
    public static final RetryLimits NONE = new RetryLimits(1, Duration.ZERO, Duration.ZERO, Duration.ZERO);

    /** Allows as many attempts as fit into a time, with pauses from a tenth of a second to five seconds. */
    public static RetryLimits lasting(Duration within) {
        return new RetryLimits(1000, within, Duration.ofMillis(100), Duration.ofSeconds(5));
    }

    public RetryLimits {
        if (tries < 1 || within.isNegative() || firstPause.isNegative() || longestPause.compareTo(firstPause) < 0) {
            throw new IllegalArgumentException("not limits of retries: " + tries + " tries within " + within
                    + ", pauses from " + firstPause + " to " + longestPause);
        }
    }
}
