// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.gcs;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.Callable;

/**
 * Detects that a request can no longer write its bytes: a socket has a read timeout, but no write timeout. Thread-safe.
 */
final class WriteStallDetector {
    private static final int PIECE_BYTES = 16 * 1024;

    private static final ScopedValue<WriteStallDetector> CURRENT = ScopedValue.newInstance();

    private volatile boolean writing;
    private volatile long sinceNanos = System.nanoTime();

    /** Runs a request; {@link #watched} then watches the streams that the request writes to. */
    <T> T during(Callable<T> request) throws Exception {
        return ScopedValue.where(CURRENT, this).call(request::call);
    }

    /** The time for which a write has made no progress; 0 if none runs. */
    long idleNanos() {
        return writing ? System.nanoTime() - sinceNanos : 0;
    }

    /** The stream, watched for the request that this thread runs. */
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

        /** Writes in pieces, so that a slow connection does not count as a stalled one. */
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
         * Does nothing during a write. An interrupt can close the stream from another thread, and that thread would
         * wait for the lock of a stalled write. The interrupt closes the socket instead.
         */
        @Override
        public void close() throws IOException {
            if (!writing) {
                super.close();
            }
        }
    }
}
