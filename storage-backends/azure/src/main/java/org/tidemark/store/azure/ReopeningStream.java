// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import java.io.IOException;
import org.tidemark.core.BlockInputStream;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.SourceStream;
import org.tidemark.store.StorageException;

/**
 * The bytes of a source, which can be read again from the start without a buffer: only such a stream is not buffered in
 * memory by the library. Not thread-safe.
 */
final class ReopeningStream extends BlockInputStream {
    private final ObjectKey key;
    private final ObjectSource source;
    private SourceStream stream;

    /** Opens the source; the caller closes the stream. */
    ReopeningStream(ObjectKey key, ObjectSource source) throws StorageException {
        this.key = key;
        this.source = source;
        this.stream = SourceStream.open(key, source);
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        return stream.read(into, offset, length);
    }

    @Override
    public boolean markSupported() {
        return true;
    }

    /** The only mark is the start. */
    @Override
    public synchronized void mark(int readLimit) {}

    @Override
    public synchronized void reset() throws StorageException {
        stream.close();
        stream = SourceStream.open(key, source);
    }

    @Override
    public void close() throws StorageException {
        stream.close();
    }
}
