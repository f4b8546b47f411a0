// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** The failure of the first of several threads that failed, for the thread that waits for them. Thread-safe. */
public final class FirstFailure {
    private final AtomicReference<@Nullable Throwable> first = new AtomicReference<>();

    /** Takes a failure down, unless there was one before. */
    public void note(Throwable failure) {
        first.compareAndSet(null, failure);
    }

    public boolean isNoted() {
        return first.get() != null;
    }

    /** Throws the failure as if it had happened here; does nothing if there was none. */
    public void throwIfNoted() throws IOException {
        switch (first.get()) {
            case null -> {}
            case IOException e -> throw e;
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            case Throwable e -> throw new IllegalStateException(e);
        }
    }
}
