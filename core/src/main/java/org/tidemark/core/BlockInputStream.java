// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.io.IOException;
import java.io.InputStream;

/**
 * An input stream whose bytes all pass through {@link #read(byte[], int, int)}: a single byte is a block of one, and
 * skipped bytes are read. Thus a subclass counts, checks or limits its bytes in one method. It cannot be marked.
 */
public abstract class BlockInputStream extends InputStream {
    @Override
    public final int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public abstract int read(byte[] bytes, int offset, int length) throws IOException;

    /** Passes the bytes of another stream on, and closes it. */
    public static class Filter extends BlockInputStream {
        protected final InputStream in;

        protected Filter(InputStream in) {
            this.in = in;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            return in.read(bytes, offset, length);
        }

        @Override
        public int available() throws IOException {
            return in.available();
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }
}
