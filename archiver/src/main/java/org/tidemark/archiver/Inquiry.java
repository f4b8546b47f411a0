// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.tidemark.core.BlockInputStream;

/** How far the question to one repository has come, where several are asked. Thread-safe. */
class Inquiry {
    /** The only one: it is always first. */
    static final Inquiry ALONE = new Inquiry(new AtomicReference<@Nullable Object>()) {
        @Override
        void claim() {}
    };

    private final AtomicReference<@Nullable Object> first;
    private volatile boolean found;
    /** For the repository, and not for this host's own disk. */
    private volatile boolean waits = true;

    private volatile boolean ready;

    private volatile long lastHeard = System.nanoTime();

    /** @param first who may deliver: shared by all inquiries of one question */
    Inquiry(AtomicReference<@Nullable Object> first) {
        this.first = first;
    }

    /** This host can ask: what it needed until now was not the repository's silence. */
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

    /** For how long the repository has been waited for in vain. */
    Duration silence() {
        return waits ? Duration.ofNanos(System.nanoTime() - lastHeard) : Duration.ZERO;
    }

    /** It has the file, and is reading it. */
    void found() {
        found = true;
        waits = false;
    }

    /** The same content, where each part of it is an answer. */
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
     * Lets nobody else deliver from now on.
     *
     * @throws TooLateException if another one may already, or it was given up
     */
    void claim() {
        if (!first.compareAndSet(null, this)) {
            throw new TooLateException();
        }
    }

    /** Another repository was faster, or the question was given up. */
    static final class TooLateException extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }
}
