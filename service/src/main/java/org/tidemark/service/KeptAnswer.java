// SPDX-License-Identifier: Apache-2.0
package org.tidemark.service;

import java.time.Duration;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The last answer of one kind, kept for a moment: it is made by one request at a time, and many that ask for the same
 * cost what one costs. One answer alone is kept, so the memory for it is bounded. Thread-safe.
 */
final class KeptAnswer {
    private static final Duration LIFE = Duration.ofSeconds(2);

    private final LongSupplier nanos;
    private @Nullable Kept last;

    /**
     * @param path which answer
     * @param state of which it tells
     * @param made by the clock of {@link #nanos}
     */
    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    private record Kept(String path, long state, long made, byte[] bytes) {}

    /** @param nanos as {@link System#nanoTime} */
    KeptAnswer(LongSupplier nanos) {
        this.nanos = nanos;
    }

    /**
     * The last answer, or a new one if the last is another, is older than 2 s, or lacks what is known now.
     *
     * @param path which answer
     * @param state changes with what it tells
     * @return not to be written to
     */
    synchronized byte[] of(String path, long state, Supplier<byte[]> made) {
        Kept kept = last;
        if (kept == null
                || !kept.path().equals(path)
                || kept.state() != state
                || nanos.getAsLong() - kept.made() >= LIFE.toNanos()) {
            kept = new Kept(path, state, nanos.getAsLong(), made.get());
            last = kept;
        }
        return kept.bytes();
    }
}
