// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import org.tidemark.core.BlockInputStream;
import org.tidemark.store.StorageException.StorageUnavailable;

/** Limits the bandwidth of another store over all its threads: one limit for writing, one for reading. */
public final class ThrottledStore extends DelegatingStore {
    private final ObjectStore store;
    private final RateLimit up;
    private final RateLimit down;

    public ThrottledStore(ObjectStore store, long upBytesPerSecond, long downBytesPerSecond, ElapsedTime time) {
        super(store);
        this.store = store;
        this.up = new RateLimit(upBytesPerSecond, time);
        this.down = new RateLimit(downBytesPerSecond, time);
    }

    @Override
    public void putIfAbsent(ObjectKey key, ObjectSource source) throws StorageException {
        store.putIfAbsent(key, new ObjectSource() {
            @Override
            public long sizeBytes() {
                return source.sizeBytes();
            }

            @Override
            public InputStream open() throws IOException {
                return new ThrottledSource(source.open(), up, key);
            }

            @Override
            public InputStream inspect() throws IOException {
                return source.inspect();
            }

            @Override
            public boolean isShortLived() {
                return source.isShortLived();
            }
        });
    }

    @Override
    public InputStream open(ObjectKey key, ByteRange range) throws StorageException {
        return new ThrottledStream(store.open(key, range), down, key);
    }

    /** Not thread-safe. */
    private static class ThrottledStream extends BlockInputStream implements ContentTagged {
        private final InputStream bytes;
        private final RateLimit limit;
        private final ObjectKey key;
        private int unpaid;

        ThrottledStream(InputStream bytes, RateLimit limit, ObjectKey key) {
            this.bytes = bytes;
            this.limit = limit;
            this.key = key;
        }

        @Override
        public Optional<String> contentTag() {
            return ContentTagged.of(bytes);
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            payForTheLast();
            unpaid = bytes.read(into, offset, Math.min(length, limit.chunkBytes()));
            return unpaid;
        }

        /**
         * Waits before the next read, so that an interrupt loses no byte: the caller can continue with the next one.
         */
        private void payForTheLast() throws StorageUnavailable {
            if (unpaid <= 0) {
                return;
            }
            try {
                limit.pay(unpaid);
                unpaid = 0;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new StorageUnavailable("interrupted while '" + key + "' waited for the bandwidth limit", e);
            }
        }

        @Override
        public void close() throws IOException {
            bytes.close();
        }
    }

    /** The source's skipped bytes do not count, because they are not sent. Not thread-safe. */
    private static final class ThrottledSource extends ThrottledStream {
        private final InputStream source;

        ThrottledSource(InputStream source, RateLimit limit, ObjectKey key) {
            super(source, limit, key);
            this.source = source;
        }

        @Override
        public long skip(long count) throws IOException {
            return source.skip(count);
        }
    }
}
