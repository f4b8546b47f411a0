// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.time.Duration;

/** A limit of bytes per second for all threads that share it. Thread-safe. */
public final class RateLimit {
    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    /** The unused time that a burst may make up for. */
    private static final long BURST_NANOS = NANOS_PER_SECOND / 10;

    private final long bytesPerSecond;
    private final ElapsedTime time;
    private long paidUntil;

    public RateLimit(long bytesPerSecond, ElapsedTime time) {
        if (bytesPerSecond < 1) {
            throw new IllegalArgumentException("not a rate: " + bytesPerSecond + " bytes per second");
        }
        this.bytesPerSecond = bytesPerSecond;
        this.time = time;
        this.paidUntil = time.nanos();
    }

    /** The number of bytes to move at once: about 50 ms of the rate, so that waits are short and the flow is even. */
    int chunkBytes() {
        return Math.clamp(bytesPerSecond / 20, 1, 256 * 1024);
    }

    /** Waits until the moved bytes are within the rate. */
    public void pay(long bytes) throws InterruptedException {
        long wait = owe(bytes);
        if (wait > 0) {
            time.pause(Duration.ofNanos(wait));
        }
    }

    private synchronized long owe(long bytes) {
        long now = time.nanos();
        if (now - paidUntil > BURST_NANOS) {
            paidUntil = now - BURST_NANOS;
        }
        paidUntil += (long) ((double) bytes * NANOS_PER_SECOND / bytesPerSecond);
        return paidUntil - now;
    }
}
