// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.tidemark.store.ElapsedTime;

/** Time that passes by pausing alone. Thread-safe. */
final class FakeTime implements ElapsedTime {
    private final List<Duration> pauses = new ArrayList<>();
    private long nanos;

    @Override
    public synchronized long nanos() {
        return nanos;
    }

    @Override
    public synchronized void pause(Duration duration) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        pauses.add(duration);
        nanos += duration.toNanos();
    }

    synchronized List<Duration> pauses() {
        return List.copyOf(pauses);
    }
}
