// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.gcs;

import com.google.cloud.ReadChannel;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.tidemark.core.BlockInputStream;
import org.tidemark.store.ContentTagged;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import org.tidemark.store.gcs.Lookup.Found;

/**
 * A range of one generation of an object: it ends with the last byte that the service announced, or it throws. The time
 * that is waited for bytes is limited as that of one request; the time between, which is the reader's, is not. Not
 * thread-safe.
 */
final class RangeStream extends BlockInputStream implements ContentTagged {
    private static final int BUFFER_BYTES = 256 * 1024;

    private final Requests requests;
    private final GcsErrors errors;
    private final Found found;
    private final Callable<ReadChannel> opening;
    private final long begin;

    /** The position after the last requested byte that exists. */
    private final long end;

    private final byte[] buffer = new byte[BUFFER_BYTES];
    private final CRC32C crc32c = new CRC32C();

    /** The position in the object of the first byte after the buffer. */
    private long next;

    private int position;
    private int filled;
    private Duration left;
    private @Nullable ReadChannel channel;
    private @Nullable StorageException failure;

    RangeStream(Requests requests, GcsErrors errors, Found found, long begin, long end, Callable<ReadChannel> opening) {
        this.requests = requests;
        this.errors = errors;
        this.found = found;
        this.begin = begin;
        this.end = end;
        this.opening = opening;
        this.next = begin;
        this.left = requests.limits().request();
    }

    @Override
    public Optional<String> contentTag() {
        return Optional.of(Long.toString(found.generation()));
    }

    @Override
    public int read(byte[] into, int offset, int length) throws StorageException {
        if (length == 0) {
            return 0;
        }
        if (position == filled && !fill()) {
            return -1;
        }
        int count = Math.min(length, filled - position);
        System.arraycopy(buffer, position, into, offset, count);
        position += count;
        return count;
    }

    private boolean fill() throws StorageException {
        if (failure != null) {
            throw failure;
        }
        if (next == end) {
            return false;
        }
        String key = found.info().key().value();
        try {
            long began = System.nanoTime();
            filled = requests.send(Operation.READ, key, left, this::readOn);
            left = left.minusNanos(System.nanoTime() - began);
            position = 0;
            next += filled;
            crc32c.update(buffer, 0, filled);
            checkEnd(key);
            return true;
        } catch (StorageException e) {
            filled = 0;
            position = 0;
            // Some callers swallow an error and read on: they must meet it again, not an end of the stream.
            failure = e;
            throw e;
        }
    }

    /** As much as fits into the buffer, on the thread of a request. */
    private int readOn() throws Exception {
        ReadChannel from = channel;
        if (from == null) {
            from = opening.call();
            channel = from;
        }
        ByteBuffer into = ByteBuffer.wrap(buffer, 0, (int) Math.min(buffer.length, end - next));
        while (into.hasRemaining()) {
            if (from.read(into) < 0) {
                throw errors.unavailable(
                        Operation.READ,
                        found.info().key().value(),
                        "the answer ends after " + (next + into.position() - begin) + " of " + (end - begin)
                                + " bytes");
            }
        }
        return into.position();
    }

    /** The last bytes are not given out where the whole is not what was stored. */
    private void checkEnd(String key) throws StorageException {
        boolean whole = begin == 0 && end == found.info().sizeBytes() && next == end;
        if (whole && found.crc32c().isPresent() && !found.crc32c().get().equals(encoded(crc32c))) {
            throw errors.checksumMismatch(Operation.READ, key);
        }
    }

    /** As Google writes it: four bytes, the highest first, in base64. */
    static String encoded(CRC32C sum) {
        return Base64.getEncoder()
                .encodeToString(
                        ByteBuffer.allocate(4).putInt((int) sum.getValue()).array());
    }

    @Override
    public void close() {
        ReadChannel from = channel;
        channel = null;
        if (from != null) {
            requests.release(from);
        }
    }
}
