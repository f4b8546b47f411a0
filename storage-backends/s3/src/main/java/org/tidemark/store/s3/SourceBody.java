// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;
import org.tidemark.core.BlockInputStream;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.SourceStream;
import org.tidemark.store.StorageException;
import software.amazon.awssdk.http.ContentStreamProvider;

/**
 * A source as the body of one request, of which nothing is held in memory. It knows the checksum of what was sent, and
 * whether bytes still go. Opened by one thread at a time; {@link #idleNanos} may be asked by any.
 */
final class SourceBody implements ContentStreamProvider, AutoCloseable {
    private static final int BUFFER_BYTES = 64 * 1024;

    private final ObjectKey key;
    private final ObjectSource source;
    private final CRC32 crc = new CRC32();
    private final @Nullable MessageDigest sentMd5;
    private @Nullable InputStream open;
    /** When the network was last given bytes; 0 while it is not the network that is waited for. */
    private volatile long since;

    /** @param withMd5 whether {@link #md5} will be asked for after the bytes were sent */
    SourceBody(ObjectKey key, ObjectSource source, boolean withMd5) {
        this.key = key;
        this.source = source;
        this.sentMd5 = withMd5 ? newMd5() : null;
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

    /** Of the bytes of the last stream, read to its end, as S3 writes it: four bytes in base64. */
    String crc32() {
        return Base64.getEncoder()
                .encodeToString(
                        ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
    }

    /** Of the bytes of the last stream, read to its end; they are read again only where that was not asked for. */
    byte[] md5() throws StorageException {
        return sentMd5 == null ? md5BeforeSending() : sentMd5.digest();
    }

    /** The bytes are read for it. */
    byte[] md5BeforeSending() throws StorageException {
        MessageDigest md5 = newMd5();
        try (InputStream stream = SourceStream.inspect(key, source)) {
            byte[] buffer = new byte[BUFFER_BYTES];
            for (int count = stream.read(buffer); count >= 0; count = stream.read(buffer)) {
                md5.update(buffer, 0, count);
            }
            return md5.digest();
        } catch (StorageException e) {
            throw e;
        } catch (IOException e) {
            throw new IllegalStateException("a stream of a source throws storage exceptions alone", e);
        }
    }

    private static MessageDigest newMd5() {
        try {
            return MessageDigest.getInstance("MD5");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has MD5", e);
        }
    }

    /** For how long the network has not taken the bytes that it was given; 0 when it is not waited for. */
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
            // The source may take its time: a limit of bandwidth is one.
            since = 0;
            int read = bytes.read(into, at, count);
            if (read > 0) {
                left -= read;
                if (left == 0) {
                    // Whether more follows than was announced must be known before the last byte is sent.
                    bytes.read();
                }
                crc.update(into, at, read);
                if (sentMd5 != null) {
                    sentMd5.update(into, at, read);
                }
                // One more than nothing, because 0 has a meaning of its own.
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
