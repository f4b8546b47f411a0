// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.util.concurrent.atomic.LongAdder;

/** What a restore has done so far. Thread-safe. */
final class RestoreCounters {
    private final RestoreProgress progress;
    private final LongAdder framesRead = new LongAdder();
    private final LongAdder framesKept = new LongAdder();
    private final LongAdder bytesWritten = new LongAdder();
    private final LongAdder bytesKept = new LongAdder();

    RestoreCounters(RestoreProgress progress) {
        this.progress = progress;
    }

    void frameRead() {
        framesRead.increment();
    }

    void frameKept() {
        framesKept.increment();
    }

    void written(long bytes) {
        bytesWritten.add(bytes);
        progress.advanced(bytes);
    }

    void kept(long bytes) {
        bytesKept.add(bytes);
        progress.advanced(bytes);
    }

    RestoreResult result(RestorePlan.Chosen plan) {
        return new RestoreResult(plan, framesRead.sum(), framesKept.sum(), bytesWritten.sum(), bytesKept.sum());
    }
}
