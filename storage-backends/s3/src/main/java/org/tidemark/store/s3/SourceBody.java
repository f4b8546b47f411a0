// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;
import org.tidemark.core.BlockInputStream;
import org.tidemark.store.BodyChecksum;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.SourceStream;
import org.tidemark.store.StorageException;
import software.amazon.awssdk.http.ContentStreamProvider;

/**
 * A source as the body of one request, which is not held in memory. Calculates the checksum of the sent bytes, and
 * notices when the network takes no more bytes. One thread at a time may open it; every thread may call
 * {@link #idleNanos}.
 */
final class SourceBody implements ContentStreamProvider, AutoCloseable {
    private final ObjectKey key;
    private final ObjectSource source;
    private final CRC32 crc = new CRC32();
    private final @Nullable MessageDigest sentMd5;
    private @Nullable InputStream open;
    /** The time of the last bytes for the network; 0 while the request does not wait for the network. */
    private volatile long since;

    /** @param withMd5 whether {@link #md5} will be called after the upload */
    SourceBody(ObjectKey key, ObjectSource source, boolean withMd5) {
        this.key = key;
        this.source = source;
        this.sentMd5 = withMd5 ? BodyChecksum.newMd5() : null;
    }

    long length() {
        return source.sizeBytes();
    }

    @Override
    public InputStream newStream() {
        try {
            close();
            crc.reset();
            if (sentMd5 != null) {
                sentMd5.reset();
            }
            InputStream stream = new Sent(SourceStream.open(key, source));
            open = stream;
            return stream;
        } catch (StorageException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The CRC-32 of the last stream, which was read to its end, as in S3: four bytes in base64. */
    String crc32() {
        return BodyChecksum.base64(crc);
    }

    /** The MD5 of the last stream, which was read to its end; reads the source again if it was not calculated. */
    byte[] md5() throws StorageException {
        return sentMd5 == null ? md5BeforeSending() : sentMd5.digest();
    }

    /** Reads the source. */
    byte[] md5BeforeSending() throws StorageException {
        return BodyChecksum.md5(key, source);
    }

    /** The time since the network last took bytes; 0 while the request does not wait for the network. */
    long idleNanos() {
        long begin = since;
        return begin == 0 ? 0 : System.nanoTime() - begin;
    }

    @Override
    public void close() throws StorageException {
        since = 0;
        InputStream stream = open;
        open = null;
        if (stream != null) {
            try {
                stream.close();
            } catch (StorageException e) {
                throw e;
            } catch (IOException e) {
                throw new IllegalStateException("a stream of a source throws storage exceptions alone", e);
            }
        }
    }

    /** Not thread-safe. */
    private final class Sent extends BlockInputStream {
        private final SourceStream bytes;
        private long left = source.sizeBytes();

        Sent(SourceStream bytes) {
            this.bytes = bytes;
        }

        @Override
        public int read(byte[] into, int at, int count) throws IOException {
            // A slow source, such as one with a bandwidth limit, is not a stalled network.
            since = 0;
            int read = bytes.read(into, at, count);
            if (read > 0) {
                left -= read;
                if (left == 0) {
                    // A source that is longer than announced must fail before the last byte is sent.
                    bytes.read();
                }
                crc.update(into, at, read);
                if (sentMd5 != null) {
                    sentMd5.update(into, at, read);
                }
                // Not 0, which has its own meaning.
                since = System.nanoTime() | 1;
            }
            return read;
        }

        @Override
        public void close() throws IOException {
            bytes.close();
        }
    }
}
