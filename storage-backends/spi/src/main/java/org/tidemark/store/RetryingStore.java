// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.tidemark.core.DiskSpace;
import org.tidemark.core.LongWaits;
import org.tidemark.core.LongWaits.Wait;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.ObjectMissing;
import org.tidemark.store.StorageException.StorageUnavailable;

/**
 * Repeats an operation of another store, within limits, while that store throws {@link StorageUnavailable}. A stream
 * that breaks off resumes at the same byte. Thread-safe if the random generator is.
 */
public final class RetryingStore extends DelegatingStore {
    private static final int COMPARED_BYTES = 64 * 1024;

    private final ObjectStore store;
    private final RetryLimits limits;
    private final ElapsedTime time;
    private final RandomGenerator random;

    public RetryingStore(ObjectStore store, RetryLimits limits, ElapsedTime time, RandomGenerator random) {
        super(store);
        this.store = store;
        this.limits = limits;
        this.time = time;
        this.random = random;
    }

    /**
     * {@inheritDoc}
     *
     * <p>If the object exists after a failed attempt, that attempt may have created it, and its acknowledgement got
     * lost. This method then reads the whole object and compares it. If the bytes are equal, it returns normally. If
     * the object is gone by then, because it was deleted, or because another writer withdrew its own, it is stored by
     * another attempt.
     */
    @Override
    public void putIfAbsent(ObjectKey key, ObjectSource source) throws StorageException {
        try (Wait wait = waiting()) {
            put(key, new WatchedSource(source, wait));
        }
    }

    private void put(ObjectKey key, ObjectSource source) throws StorageException {
        Attempts attempts = attempts();
        boolean mayBeOurs = false;
        while (true) {
            try {
                store.putIfAbsent(key, source);
                return;
            } catch (StorageUnavailable e) {
                mayBeOurs = true;
                attempts.pauseAfter(e);
            } catch (ObjectExists e) {
                if (!mayBeOurs) {
                    throw e;
                }
                try {
                    if (holds(key, source, attempts)) {
                        return;
                    }
                } catch (ObjectMissing gone) {
                    attempts.pauseAfter(
                            new StorageUnavailable("'" + key + "' existed and was deleted meanwhile", gone));
                    continue;
                }
                throw e;
            }
        }
    }

    private boolean holds(ObjectKey key, ObjectSource source, Attempts attempts) throws StorageException {
        while (true) {
            try {
                return compare(key, source);
            } catch (StorageUnavailable e) {
                attempts.pauseAfter(e);
            }
        }
    }

    private boolean compare(ObjectKey key, ObjectSource source) throws StorageException {
        try (InputStream stored = store.open(key, ByteRange.ALL);
                InputStream own = SourceStream.open(key, source)) {
            while (true) {
                byte[] expected = own.readNBytes(COMPARED_BYTES);
                if (!Arrays.equals(expected, stored.readNBytes(COMPARED_BYTES))) {
                    return false;
                }
                if (expected.length == 0) {
                    return true;
                }
            }
        } catch (StorageException e) {
            throw e;
        } catch (IOException e) {
            throw new StorageUnavailable(
                    "'" + key + "' could not be compared with the bytes to be stored: " + e.getMessage(), e);
        }
    }

    @Override
    public InputStream open(ObjectKey key, ByteRange range) throws StorageException {
        Attempts attempts = attempts();
        return new ResumingStream(store, key, range, repeat(attempts, () -> store.open(key, range)), attempts);
    }

    @Override
    public Optional<ObjectInfo> stat(ObjectKey key) throws StorageException {
        return repeat(attempts(), () -> store.stat(key));
    }

    @Override
    public ObjectPage list(String prefix, Optional<ObjectKey> after, int limit) throws StorageException {
        return repeat(attempts(), () -> store.list(prefix, after, limit));
    }

    @Override
    public void delete(Collection<ObjectKey> keys) throws StorageException {
        List<ObjectKey> all = List.copyOf(keys);
        repeat(attempts(), () -> {
            store.delete(all);
            return all;
        });
    }

    @Override
    public Optional<DiskSpace> space() throws StorageException {
        try (Wait _ = waiting()) {
            return store.space();
        }
    }

    @Override
    public void requireWritable(ObjectKey key) throws StorageException {
        try (Wait _ = waiting()) {
            store.requireWritable(key);
        }
    }

    @Override
    public Optional<UnfinishedUploads> unfinishedUploads() {
        return store.unfinishedUploads().map(uploads -> new UnfinishedUploads() {
            @Override
            public List<Upload> begunBefore(String prefix, Instant time, int limit) throws StorageException {
                try (Wait _ = waiting()) {
                    return uploads.begunBefore(prefix, time, limit);
                }
            }

            @Override
            public void abort(Upload upload) throws StorageException {
                try (Wait _ = waiting()) {
                    uploads.abort(upload);
                }
            }
        });
    }

    private interface Request<T> {
        T send() throws StorageException;
    }

    /** The pauses are a part of the wait: the store has not answered yet. */
    private <T> T repeat(Attempts attempts, Request<T> request) throws StorageException {
        try (Wait _ = waiting()) {
            while (true) {
                try {
                    return request.send();
                } catch (StorageUnavailable e) {
                    attempts.pauseAfter(e);
                }
            }
        }
    }

    private Wait waiting() {
        return LongWaits.on(store.description());
    }

    private Attempts attempts() {
        return new Attempts(limits, time, random);
    }
}
