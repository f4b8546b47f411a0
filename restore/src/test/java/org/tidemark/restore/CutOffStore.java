// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.io.InputStream;
import java.util.concurrent.atomic.AtomicInteger;
import org.tidemark.store.ByteRange;
import org.tidemark.store.DelegatingStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;

/** A store that stops answering after a number of reads. */
class CutOffStore extends DelegatingStore {
    private final int reads;
    private final AtomicInteger read = new AtomicInteger();
    private Thread mainThread = Thread.currentThread();

    CutOffStore(ObjectStore store, int reads) {
        super(store);
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
        return super.open(key, range);
    }
}
