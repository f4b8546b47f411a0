// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Fails where its input has no bytes at all, which the libraries take for the end of no frames. Not thread-safe. */
final class NotEmptyInput extends FilterInputStream {
    private boolean empty = true;

    NotEmptyInput(InputStream from) {
        super(from);
    }

    @Override
    public int read() throws IOException {
        int read = in.read();
        check(read < 0);
        return read;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        int read = in.read(buffer, offset, length);
        check(read < 0);
        return read;
    }

    private void check(boolean end) throws EOFException {
        if (end && empty) {
            throw new EOFException("there are no bytes to decompress");
        }
        empty = false;
    }
}
