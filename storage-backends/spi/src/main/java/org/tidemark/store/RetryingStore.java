// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
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
        return new ResumingStream(store, key, range, opened(key, range, attempts), attempts);
    }

    private InputStream opened(ObjectKey key, ByteRange range, Attempts attempts) throws StorageException {
        while (true) {
            try (Wait _ = waiting()) {
                return store.open(key, range);
            } catch (StorageUnavailable e) {
                attempts.pauseAfter(e);
            }
        }
    }

    @Override
    public Optional<ObjectInfo> stat(ObjectKey key) throws StorageException {
        Attempts attempts = attempts();
        while (true) {
            try (Wait _ = waiting()) {
                return store.stat(key);
            } catch (StorageUnavailable e) {
                attempts.pauseAfter(e);
            }
        }
    }

    @Override
    public ObjectPage list(String prefix, Optional<ObjectKey> after, int limit) throws StorageException {
        Attempts attempts = attempts();
        while (true) {
            try (Wait _ = waiting()) {
                return store.list(prefix, after, limit);
            } catch (StorageUnavailable e) {
                attempts.pauseAfter(e);
            }
        }
    }

    @Override
    public void delete(Collection<ObjectKey> keys) throws StorageException {
        List<ObjectKey> all = List.copyOf(keys);
        Attempts attempts = attempts();
        while (true) {
            try (Wait _ = waiting()) {
                store.delete(all);
                return;
            } catch (StorageUnavailable e) {
                attempts.pauseAfter(e);
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
