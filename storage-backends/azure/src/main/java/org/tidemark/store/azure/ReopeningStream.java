// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import java.io.IOException;
import org.tidemark.core.BlockInputStream;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.SourceStream;
import org.tidemark.store.StorageException;

/**
 * The bytes of a source, which can be begun anew without having been kept: the library takes only such a stream for one
 * that it need not have in memory. Not thread-safe.
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

    /** The one mark is the beginning. */
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
