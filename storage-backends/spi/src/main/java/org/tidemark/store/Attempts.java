// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.time.Duration;
import java.util.random.RandomGenerator;
import org.tidemark.store.StorageException.StorageUnavailable;

/**
 * The tries of one operation: how many are left, and the pause before the next. {@link RetryingStore} tries whole
 * operations again; inside a store only the parts of one upload are. Not thread-safe.
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

    /** Counts anew: the operation has come a good deal further. */
    void restart() {
        failed = 0;
        begin = time.nanos();
    }

    /**
     * Pauses after a failed try.
     *
     * @throws StorageUnavailable the failure itself, when no try is left or the thread is interrupted
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
            throw new StorageUnavailable("interrupted before another try after: " + failure.getMessage(), failure);
        }
    }

    /** Between half of the doubled pause and the whole, so that many clients do not come back at once. */
    private Duration nextPause() {
        long whole = limits.longestPause().toNanos();
        int doublings = Math.min(failed - 1, 30);
        if (limits.firstPause().toNanos() <= whole >> doublings) {
            whole = limits.firstPause().toNanos() << doublings;
        }
        return Duration.ofNanos(whole == 0 ? 0 : whole / 2 + random.nextLong(whole / 2 + 1));
    }
}
