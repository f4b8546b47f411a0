// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.io.InputStream;
import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectPage;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;
import org.tidemark.store.StoreTraits;

/** A store that does not answer any more after so many reads. */
class CutOffStore implements ObjectStore {
    private final ObjectStore store;
    private final int reads;
    private final AtomicInteger read = new AtomicInteger();
    private Thread mainThread = Thread.currentThread();

    CutOffStore(ObjectStore store, int reads) {
        this.store = store;
        this.reads = reads;
    }

    void setMainThread(Thread thread) {
        mainThread = thread;
    }

    Thread mainThread() {
        return mainThread;
    }

    /** Called once, when the last read that is answered begins. */
    void reached() {}

    @Override
    public InputStream open(ObjectKey key, ByteRange range) throws StorageException {
        int number = read.incrementAndGet();
        if (number == reads) {
            reached();
        }
        if (number > reads) {
            throw new StorageException.StorageUnavailable("cut off before '" + key + "'", null);
        }
        return store.open(key, range);
    }

    @Override
    public void putIfAbsent(ObjectKey key, ObjectSource source) throws StorageException {
        store.putIfAbsent(key, source);
    }

    @Override
    public Optional<ObjectInfo> stat(ObjectKey key) throws StorageException {
        return store.stat(key);
    }

    @Override
    public ObjectPage list(String prefix, Optional<ObjectKey> after, int limit) throws StorageException {
        return store.list(prefix, after, limit);
    }

    @Override
    public void delete(Collection<ObjectKey> keys) throws StorageException {
        store.delete(keys);
    }

    @Override
    public StoreTraits traits() {
        return store.traits();
    }

    @Override
    public String description() {
        return store.description();
    }
}
