// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.fetch;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.tidemark.core.BlockInputStream;

/** One attempt of a {@link HedgedRequest}: how far the question to one repository has come. Thread-safe. */
class Attempt {
    /** The only attempt: it may always deliver. */
    static final Attempt ALONE = new Attempt(new AtomicReference<@Nullable Object>()) {
        @Override
        void claim() {}
    };

    private final AtomicReference<@Nullable Object> first;
    private volatile boolean found;
    /** Whether it waits for the repository, not for this host's own disk. */
    private volatile boolean waits = true;

    private volatile boolean ready;

    private volatile long lastHeard = System.nanoTime();

    /** @param first the attempt that may deliver: shared by all attempts of one request */
    Attempt(AtomicReference<@Nullable Object> first) {
        this.first = first;
    }

    /** This host is ready to ask: the time until now does not count as the repository's silence. */
    void ready() {
        lastHeard = System.nanoTime();
        ready = true;
    }

    boolean isReady() {
        return ready;
    }

    /** The repository has answered something, and is asked for more. */
    void heard() {
        lastHeard = System.nanoTime();
    }

    /** For how long nothing has been heard of the repository; zero while this host's own disk is waited for. */
    Duration silence() {
        return waits ? Duration.ofNanos(System.nanoTime() - lastHeard) : Duration.ZERO;
    }

    /** The repository has the file, which is being read from it. */
    void found() {
        found = true;
        waits = false;
    }

    /** The same content; each read of it counts as an answer. */
    InputStream listening(InputStream content) {
        return new BlockInputStream.Filter(content) {
            @Override
            public int read(byte[] buffer, int offset, int length) throws IOException {
                heard();
                waits = true;
                int count = super.read(buffer, offset, length);
                waits = false;
                return count;
            }
        };
    }

    boolean hasFound() {
        return found;
    }

    /**
     * Claims the right to deliver: no other attempt may deliver from now on.
     *
     * @throws TooLateException if another attempt has claimed it, or the request was abandoned
     */
    void claim() {
        if (!first.compareAndSet(null, this)) {
            throw new TooLateException();
        }
    }

    /** Another repository was faster, or the request was abandoned. */
    static final class TooLateException extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }
}
