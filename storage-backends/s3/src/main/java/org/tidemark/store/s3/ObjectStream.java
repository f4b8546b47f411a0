// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import org.tidemark.core.BlockInputStream;
import org.tidemark.store.ContentTagged;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.store.TimeLimits;
import software.amazon.awssdk.http.AbortableInputStream;

/**
 * The bytes of an answer. One that ends before its length is an error, and so is one for which, all in all, more was
 * waited than a request may take; the reader's own time does not count. An interrupt is seen between two waits, each of
 * which has a limit. Not thread-safe.
 */
final class ObjectStream extends BlockInputStream implements ContentTagged {
    private final ObjectKey key;
    private final AbortableInputStream bytes;
    private final long length;
    private final Optional<String> content;
    private final TimeLimits limits;
    private final S3Errors errors;
    private long position;
    private long waitedNanos;
    private boolean broken;

    /** @param content the ETag; empty if the answer has none */
    ObjectStream(
            ObjectKey key,
            AbortableInputStream bytes,
            long length,
            Optional<String> content,
            TimeLimits limits,
            S3Errors errors) {
        this.key = key;
        this.bytes = bytes;
        this.length = length;
        this.content = content;
        this.limits = limits;
        this.errors = errors;
    }

    /** What is behind the end of an object. */
    static ObjectStream nothing(ObjectKey key, Optional<String> content, TimeLimits limits, S3Errors errors) {
        return new ObjectStream(
                key, AbortableInputStream.create(InputStream.nullInputStream()), 0, content, limits, errors);
    }

    @Override
    public Optional<String> contentTag() {
        return content;
    }

    @Override
    public int read(byte[] into, int offset, int count) throws StorageException {
        if (count == 0) {
            return 0;
        }
        try {
            return next(into, offset, count);
        } catch (IOException | RuntimeException e) {
            broken = true;
            throw errors.of(Operation.READ, key.value(), e);
        }
    }

    private int next(byte[] into, int offset, int count) throws IOException {
        if (Thread.currentThread().isInterrupted()) {
            throw new StorageUnavailable("interrupted while '" + key + "' was read from " + errors.description(), null);
        }
        long begin = System.nanoTime();
        int read = bytes.read(into, offset, count);
        waitedNanos += System.nanoTime() - begin;
        if (read < 0 && position < length) {
            throw new StorageUnavailable(
                    "'" + key + "' in " + errors.description() + " broke off at byte " + position + " of " + length,
                    null);
        }
        position += Math.max(read, 0);
        if (position < length && waitedNanos > limits.request().toNanos()) {
            throw new StorageUnavailable(
                    "'" + key + "' in " + errors.description() + " took longer than "
                            + limits.request().toSeconds() + " s: " + position + " bytes of " + length + " had come",
                    null);
        }
        return read;
    }

    /** A connection is used again only where nothing is left in it. */
    @Override
    public void close() throws StorageException {
        try {
            if (broken || position < length) {
                bytes.abort();
            } else {
                bytes.close();
            }
        } catch (IOException | RuntimeException e) {
            throw errors.of(Operation.READ, key.value(), e);
        }
    }
}
