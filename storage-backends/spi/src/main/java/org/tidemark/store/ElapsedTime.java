// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.time.Duration;

/** Elapsed time and pauses. Unlike a clock, elapsed time is never set back, so it can measure time limits. */
public interface ElapsedTime {
    ElapsedTime SYSTEM = new ElapsedTime() {
        @Override
        public long nanos() {
            return System.nanoTime();
        }

        @Override
        public void pause(Duration duration) throws InterruptedException {
            Thread.sleep(duration);
        }
    };

    /** Nanoseconds since an arbitrary moment: only differences are meaningful. */
    long nanos();

    void pause(Duration duration) throws InterruptedException;
}
