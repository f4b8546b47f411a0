// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import org.tidemark.core.BlockInputStream;

/** Fails where its input has no bytes at all, which the libraries take for the end of no frames. Not thread-safe. */
final class NotEmptyInput extends BlockInputStream.Filter {
    private boolean empty = true;

    NotEmptyInput(InputStream from) {
        super(from);
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        int read = in.read(buffer, offset, length);
        if (read < 0 && empty) {
            throw new EOFException("there are no bytes to decompress");
        }
        empty = false;
        return read;
    }
}
