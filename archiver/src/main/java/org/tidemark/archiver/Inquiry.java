// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** How far the question to one repository has come, where several are asked. Thread-safe. */
class Inquiry {
    /** The only one: it is always first. */
    static final Inquiry ALONE = new Inquiry(new AtomicReference<@Nullable Object>()) {
        @Override
        void claim() {}
    };

    private final AtomicReference<@Nullable Object> first;
    private volatile boolean found;

    /** @param first who may deliver: shared by all inquiries of one question */
    Inquiry(AtomicReference<@Nullable Object> first) {
        this.first = first;
    }

    /** It has the file, and is reading it. */
    void found() {
        found = true;
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
