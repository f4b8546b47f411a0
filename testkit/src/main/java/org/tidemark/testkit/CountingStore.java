// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.io.InputStream;
import java.time.Duration;
import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.tidemark.store.ByteRange;
import org.tidemark.store.DelegatingStore;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectPage;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageUnavailable;

/** Counts the requests that reach a store, and can delay each as a network does. Thread-safe. */
public final class CountingStore extends DelegatingStore {
    private final Duration delay;
    private final AtomicInteger puts = new AtomicInteger();
    private final AtomicInteger reads = new AtomicInteger();
    private final AtomicInteger stats = new AtomicInteger();
    private final AtomicInteger lists = new AtomicInteger();
    private final AtomicInteger deletes = new AtomicInteger();
    private final AtomicInteger running = new AtomicInteger();
    private final AtomicInteger most = new AtomicInteger();

    public CountingStore(ObjectStore store) {
        this(store, Duration.ZERO);
    }

    /** @param delay before each request */
    public CountingStore(ObjectStore store, Duration delay) {
        super(store);
        this.delay = delay;
    }

    /** All requests since the last {@link #reset}. */
    public int requests() {
        return puts.get() + reads() + stats() + lists() + deletes.get();
    }

    /** Objects, or ranges of objects, that were opened. */
    public int reads() {
        return reads.get();
    }

    public int stats() {
        return stats.get();
    }

    /** Pages of listings. */
    public int lists() {
        return lists.get();
    }

    /** The maximum number of requests at one time. */
    public int mostAtOnce() {
        return most.get();
    }

    /** Sets all counts to 0. No request may be running. */
    public void reset() {
        for (AtomicInteger each : new AtomicInteger[] {puts, reads, stats, lists, deletes, most}) {
            each.set(0);
        }
    }

    private interface Request<T> {
        T run() throws StorageException;
    }

    private <T> T count(AtomicInteger kind, Request<T> request) throws StorageException {
        kind.incrementAndGet();
        most.accumulateAndGet(running.incrementAndGet(), Math::max);
        try {
            if (delay.isPositive()) {
                Thread.sleep(delay);
            }
            return request.run();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StorageUnavailable("interrupted", "Run it again.", e);
        } finally {
            running.decrementAndGet();
        }
    }

    @Override
    public void putIfAbsent(ObjectKey key, ObjectSource source) throws StorageException {
        count(puts, () -> {
            super.putIfAbsent(key, source);
            return key;
        });
    }

    @Override
    public InputStream open(ObjectKey key, ByteRange range) throws StorageException {
        return count(reads, () -> super.open(key, range));
    }

    @Override
    public Optional<ObjectInfo> stat(ObjectKey key) throws StorageException {
        return count(stats, () -> super.stat(key));
    }

    @Override
    public ObjectPage list(String prefix, Optional<ObjectKey> after, int limit) throws StorageException {
        return count(lists, () -> super.list(prefix, after, limit));
    }

    @Override
    public void delete(Collection<ObjectKey> keys) throws StorageException {
        count(deletes, () -> {
            super.delete(keys);
            return keys;
        });
    }
}
