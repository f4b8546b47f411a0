// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.gcs;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.concurrent.Callable;

/**
 * Whether a request's bytes still go: a socket has a limit of time for what comes, and none for what goes. Thread-safe.
 */
final class Sending {
    private static final int PIECE_BYTES = 16 * 1024;

    private static final ScopedValue<Sending> CURRENT = ScopedValue.newInstance();

    private volatile boolean writing;
    private volatile long sinceNanos = System.nanoTime();

    /** Runs a request, whose streams {@link #watched} makes then. */
    <T> T during(Callable<T> request) throws Exception {
        return ScopedValue.where(CURRENT, this).call(request::call);
    }

    boolean standsStillFor(Duration limit) {
        return writing && System.nanoTime() - sinceNanos > limit.toNanos();
    }

    /** The stream, watched for the request that this thread is at. */
    static OutputStream watched(OutputStream out) {
        return CURRENT.isBound() ? CURRENT.get().new Watched(out) : out;
    }

    private final class Watched extends FilterOutputStream {
        Watched(OutputStream out) {
            super(out);
        }

        @Override
        public void write(int one) throws IOException {
            write(new byte[] {(byte) one}, 0, 1);
        }

        /** In pieces, so that a slow connection is not taken for a dead one. */
        @Override
        public void write(byte[] bytes, int offset, int count) throws IOException {
            for (int done = 0; done < count; done += PIECE_BYTES) {
                sinceNanos = System.nanoTime();
                writing = true;
                try {
                    out.write(bytes, offset + done, Math.min(PIECE_BYTES, count - done));
                } finally {
                    writing = false;
                }
            }
        }

        /**
         * An interrupt can close the stream from another thread, which would wait for the locks of a write that stands
         * still, and never come to interrupt it: then it is the socket that the interrupt closes.
         */
        @Override
        public void close() throws IOException {
            if (!writing) {
                super.close();
            }
        }
    }
}
