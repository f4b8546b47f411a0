// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.time.Duration;

/** Time that passes, and waiting in it. Unlike a clock it is never set back, so limits can be measured by it. */
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

    /** Nanoseconds since some moment: only differences mean something. */
    long nanos();

    void pause(Duration duration) throws InterruptedException;
}
