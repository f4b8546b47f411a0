// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tidemark.core.Amounts;
import org.tidemark.core.BlockInputStream;
import org.tidemark.core.TimeLimits;

/**
 * The bytes of an object, or of a range of it, while they come from a store: exactly as many as the store announced, or
 * an error. An error is final: each later read fails with the same one, because some readers ignore an error and would
 * take what follows for the end. A store only says how to get the next bytes. Not thread-safe.
 *
 * <p>A read is one request where the service allows it, because ranges read at the same time make one object faster
 * only over slow connections, and a restore reads several objects at the same time (figures: ADR 15).
 * {@link RetryingStore} asks for the rest after a break.
 */
public abstract class ObjectStream extends BlockInputStream implements ContentTagged {
    protected static final Duration NO_LIMIT = Duration.ofNanos(Long.MAX_VALUE);

    /**
     * The lowest pace: a limit for each wait alone lets a server that sends a byte now and then hold a reader for
     * hours, and one for the whole must be long enough for the largest object.
     *
     * @param window of waiting, without the time that the reader itself takes
     * @param bytes that must come in it
     */
    record Pace(Duration window, int bytes) {
        /** A modem of 1990 is ten times as fast. */
        static final Pace LOWEST = new Pace(Duration.ofSeconds(30), 4096);
    }

    private final StoreErrors errors;
    private final String key;
    private final Pace pace;
    private final long sizeBytes;
    private final Optional<String> contentTag;
    private final Duration limit;
    private long position;
    private long waitedNanos;
    /** Where the window of the pace began. */
    private long windowNanos;

    private long windowPosition;
    private boolean closed;
    private @Nullable StorageException failure;

    /**
     * @param sizeBytes the number of bytes that must come
     * @param contentTag empty if the store has none
     * @param limit of the time that is waited for all bytes together, without the time that the reader itself takes;
     *     {@link #NO_LIMIT} if each wait has its own limit
     */
    protected ObjectStream(
            StoreErrors errors, ObjectKey key, long sizeBytes, Optional<String> contentTag, Duration limit) {
        this(errors, key, sizeBytes, contentTag, limit, Pace.LOWEST);
    }

    /** The same with another pace. */
    ObjectStream(
            StoreErrors errors, ObjectKey key, long sizeBytes, Optional<String> contentTag, Duration limit, Pace pace) {
        this.errors = errors;
        this.key = key.value();
        this.sizeBytes = sizeBytes;
        this.contentTag = contentTag;
        this.limit = limit;
        this.pace = pace;
    }

    /**
     * Gets some of the next bytes, at least one, and waits for them if necessary.
     *
     * @param length 1 or more; never more than what is missing
     * @return their number; less than 1 if no more come
     */
    protected abstract int next(byte[] into, int offset, int length) throws Exception;

    /** Checks the whole after the last byte, which the reader gets only if this method throws nothing. */
    protected void checkWhole() throws Exception {}

    /**
     * Releases what the stream holds. Is called once.
     *
     * @param complete whether all bytes came, so that nothing is left in a connection
     */
    protected abstract void release(boolean complete) throws Exception;

    /** The rest of the time limit. */
    protected final Duration timeLeft() {
        return limit.minusNanos(waitedNanos);
    }

    @Override
    public final Optional<String> contentTag() {
        return contentTag;
    }

    @Override
    public final int read(byte[] into, int offset, int length) throws StorageException {
        if (length == 0) {
            return 0;
        }
        if (failure != null) {
            throw failure;
        }
        if (position == sizeBytes) {
            return -1;
        }
        try {
            return readSome(into, offset, (int) Math.min(length, sizeBytes - position));
        } catch (Exception e) {
            failure = errors.of(Operation.READ, key, e);
            throw failure;
        }
    }

    private int readSome(byte[] into, int offset, int length) throws Exception {
        if (closed) {
            throw errors.unavailable(Operation.READ, key, "the stream was closed");
        }
        if (Thread.currentThread().isInterrupted()) {
            throw errors.interrupted(Operation.READ, key);
        }
        long begin = System.nanoTime();
        int count = next(into, offset, length);
        if (count > 0 && position + count == sizeBytes) {
            checkWhole();
        }
        waitedNanos += System.nanoTime() - begin;
        if (count < 1) {
            throw errors.unavailable(
                    Operation.READ, key, "the bytes end after " + position + " of " + sizeBytes + " bytes");
        }
        position += count;
        if (position < sizeBytes && timeLeft().isNegative()) {
            throw errors.unavailable(
                    Operation.READ,
                    key,
                    "only " + position + " of " + sizeBytes + " bytes came within '" + TimeLimits.REQUEST_OPTION + "', "
                            + limit.toMillis() + " ms");
        }
        requirePace();
        return count;
    }

    private void requirePace() throws StorageException {
        if (position == sizeBytes || waitedNanos - windowNanos < pace.window().toNanos()) {
            return;
        }
        if (position - windowPosition < pace.bytes()) {
            throw errors.unavailable(
                    Operation.READ,
                    key,
                    "it comes too slowly: " + (position - windowPosition) + " bytes in "
                            + Amounts.duration(Duration.ofNanos(waitedNanos - windowNanos)));
        }
        windowNanos = waitedNanos;
        windowPosition = position;
    }

    @Override
    public final void close() throws StorageException {
        if (closed) {
            return;
        }
        closed = true;
        try {
            release(failure == null && position == sizeBytes);
        } catch (Exception e) {
            throw errors.of(Operation.READ, key, e);
        }
    }
}
