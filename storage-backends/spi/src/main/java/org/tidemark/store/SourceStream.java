// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.io.IOException;
import java.io.InputStream;
import org.tidemark.core.BlockInputStream;
import org.tidemark.store.StorageException.StorageUnavailable;

/**
 * The bytes of a source while a store reads them. The stream checks the announced length: if the source fails, ends
 * early or has more bytes, the stream throws {@link StorageUnavailable} and does not report its end. Not thread-safe.
 */
public final class SourceStream extends BlockInputStream {
    private final ObjectKey key;
    private final long sizeBytes;
    private final InputStream bytes;
    private long position;

    private SourceStream(ObjectKey key, long sizeBytes, InputStream bytes) {
        this.key = key;
        this.sizeBytes = sizeBytes;
        this.bytes = bytes;
    }

    /** Opens the source; the caller closes the stream. */
    public static SourceStream open(ObjectKey key, ObjectSource source) throws StorageException {
        try {
            return new SourceStream(key, source.sizeBytes(), source.open());
        } catch (IOException e) {
            throw unreadable(key, e);
        }
    }

    /** Like {@link #open}, for a reader that does not send the bytes: {@link ObjectSource#inspect}. */
    public static SourceStream inspect(ObjectKey key, ObjectSource source) throws StorageException {
        try {
            return new SourceStream(key, source.sizeBytes(), source.inspect());
        } catch (IOException e) {
            throw unreadable(key, e);
        }
    }

    @Override
    public int read(byte[] into, int offset, int length) throws StorageException {
        int count;
        try {
            count = bytes.read(into, offset, length);
        } catch (IOException e) {
            throw unreadable(key, e);
        }
        if (count >= 0) {
            position += count;
        }
        if (position > sizeBytes || (count < 0 && position < sizeBytes)) {
            throw new StorageUnavailable(
                    "the bytes to be stored as '" + key + "' are not the " + sizeBytes + " announced: "
                            + (count < 0 ? "they end after " + position : "more follow"),
                    null);
        }
        return count;
    }

    /** Skips bytes; a source that is a file does not read them. */
    @Override
    public long skip(long count) throws StorageException {
        try {
            long skipped = bytes.skip(Math.min(count, sizeBytes - position));
            position += skipped;
            return skipped;
        } catch (IOException e) {
            throw unreadable(key, e);
        }
    }

    @Override
    public void close() throws StorageException {
        try {
            bytes.close();
        } catch (IOException e) {
            throw unreadable(key, e);
        }
    }

    private static StorageUnavailable unreadable(ObjectKey key, IOException cause) {
        return new StorageUnavailable(
                "the bytes to be stored as '" + key + "' could not be read: " + cause.getMessage(), cause);
    }
}
