// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.time.Duration;

/**
 * How often and how long something is tried. Immutable.
 *
 * @param tries at most, the first one included; 1 or more
 * @param within no further try begins after this time; a try that is under way is not cut off
 * @param firstPause after the first try; doubled each time, and half of it is left to chance
 * @param longestPause no pause is longer
 */
public record RetryLimits(int tries, Duration within, Duration firstPause, Duration longestPause) {
    public static final RetryLimits NONE = new RetryLimits(1, Duration.ZERO, Duration.ZERO, Duration.ZERO);

    /** As often as fits into a time, with pauses from a tenth of a second to five seconds. */
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
