// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.io.IOException;
import java.io.InputStream;
import java.util.Collection;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.ObjectMissing;

/** Counts the calls, failures and bytes of another store. Thread-safe. */
public final class MeteredStore extends DelegatingStore {
    private final ObjectStore store;
    private final Meter put = new Meter();
    private final Meter open = new Meter();
    private final Meter stat = new Meter();
    private final Meter list = new Meter();
    private final Meter delete = new Meter();

    public MeteredStore(ObjectStore store) {
        super(store);
        this.store = store;
    }

    /** The current counts. */
    public StoreUse use() {
        return new StoreUse(put.use(), open.use(), stat.use(), list.use(), delete.use());
    }

    @Override
    public void putIfAbsent(ObjectKey key, ObjectSource source) throws StorageException {
        put.begin();
        try {
            store.putIfAbsent(key, source);
        } catch (StorageException e) {
            throw put.failed(e);
        }
        put.moved(source.sizeBytes());
    }

    @Override
    public InputStream open(ObjectKey key, ByteRange range) throws StorageException {
        open.begin();
        try {
            return new MeteredStream(store.open(key, range), open);
        } catch (StorageException e) {
            throw open.failed(e);
        }
    }

    @Override
    public Optional<ObjectInfo> stat(ObjectKey key) throws StorageException {
        stat.begin();
        try {
            return store.stat(key);
        } catch (StorageException e) {
            throw stat.failed(e);
        }
    }

    @Override
    public ObjectPage list(String prefix, Optional<ObjectKey> after, int limit) throws StorageException {
        list.begin();
        try {
            return store.list(prefix, after, limit);
        } catch (StorageException e) {
            throw list.failed(e);
        }
    }

    @Override
    public void delete(Collection<ObjectKey> keys) throws StorageException {
        delete.begin();
        try {
            store.delete(keys);
        } catch (StorageException e) {
            throw delete.failed(e);
        }
    }

    /** Thread-safe. */
    private static final class Meter {
        private final AtomicLong calls = new AtomicLong();
        private final AtomicLong failures = new AtomicLong();
        private final AtomicLong bytes = new AtomicLong();

        void begin() {
            calls.incrementAndGet();
        }

        void moved(long count) {
            bytes.addAndGet(count);
        }

        <E extends IOException> E failed(E error) {
            if (!(error instanceof ObjectExists || error instanceof ObjectMissing)) {
                failures.incrementAndGet();
            }
            return error;
        }

        StoreUse.Use use() {
            return new StoreUse.Use(calls.get(), failures.get(), bytes.get());
        }
    }

    /** Not thread-safe. */
    private static final class MeteredStream extends InputStream implements ContentTagged {
        private final InputStream stream;
        private final Meter meter;

        MeteredStream(InputStream stream, Meter meter) {
            this.stream = stream;
            this.meter = meter;
        }

        @Override
        public Optional<String> contentTag() {
            return ContentTagged.of(stream);
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            try {
                int count = stream.read(into, offset, length);
                meter.moved(Math.max(count, 0));
                return count;
            } catch (IOException e) {
                throw meter.failed(e);
            }
        }

        @Override
        public void close() throws IOException {
            stream.close();
        }
    }
}
