// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.time.Duration;
import java.util.random.RandomGenerator;
import org.tidemark.store.StorageException.StorageUnavailable;

/**
 * The attempts of one operation: how many are left, and the pause before the next. {@link RetryingStore} repeats whole
 * operations; a store itself repeats only the parts of one upload. Not thread-safe.
 */
public final class Attempts {
    private final RetryLimits limits;
    private final ElapsedTime time;
    private final RandomGenerator random;
    private int failed;
    private long begin;

    public Attempts(RetryLimits limits, ElapsedTime time, RandomGenerator random) {
        this.limits = limits;
        this.time = time;
        this.random = random;
        this.begin = time.nanos();
    }

    /** Resets the count and the time, because the operation has made progress. */
    void restart() {
        failed = 0;
        begin = time.nanos();
    }

    /**
     * Pauses after a failed attempt.
     *
     * @throws StorageUnavailable the failure itself, if no attempt is left or the thread is interrupted
     */
    public void pauseAfter(StorageUnavailable failure) throws StorageUnavailable {
        failed++;
        Duration pause = nextPause();
        Duration passed = Duration.ofNanos(time.nanos() - begin);
        if (failed >= limits.tries()
                || passed.plus(pause).compareTo(limits.within()) > 0
                || Thread.currentThread().isInterrupted()) {
            throw failure;
        }
        try {
            time.pause(pause);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StorageUnavailable("interrupted before another attempt after: " + failure.getMessage(), failure);
        }
    }

    /**
     * A random pause from half of the doubled pause to all of it, so that many clients do not retry at the same time.
     */
    private Duration nextPause() {
        long whole = limits.longestPause().toNanos();
        int doublings = Math.min(failed - 1, 30);
        if (limits.firstPause().toNanos() <= whole >> doublings) {
            whole = limits.firstPause().toNanos() << doublings;
        }
        return Duration.ofNanos(whole == 0 ? 0 : whole / 2 + random.nextLong(whole / 2 + 1));
    }
}
