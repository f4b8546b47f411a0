// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import org.tidemark.store.SourceStream;
import org.tidemark.store.StorageException;

/** A source's bytes in pieces of a size; it is the stream that insists on their number. Not thread-safe. */
final class SourceBytes {
    private final SourceStream stream;

    SourceBytes(SourceStream stream) {
        this.stream = stream;
    }

    /** Fills the whole of it; no more is asked for than was announced. */
    void fill(byte[] bytes) throws StorageException {
        int filled = 0;
        while (filled < bytes.length) {
            int read = stream.read(bytes, filled, bytes.length - filled);
            if (read < 0) {
                throw new IllegalStateException("asked for more than was announced: " + bytes.length);
            }
            filled += read;
        }
    }

    /** Throws if the source has more than it announced. */
    void requireEnd() throws StorageException {
        if (stream.read() >= 0) {
            throw new IllegalStateException("not read to the announced end");
        }
    }
}
