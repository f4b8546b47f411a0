// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.tidemark.core.BlockInputStream;
import org.tidemark.store.ByteRange;
import org.tidemark.store.DelegatingStore;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectPage;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.SourceStream;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageUnavailable;

/**
 * A store whose operations fail on purpose, counted from 1 in the order in which they begin: with
 * {@link StorageUnavailable}, as a store that is not reached. Thread-safe.
 */
public final class FaultyStore extends DelegatingStore {
    private final ObjectStore healthy;
    private final Fault fault;
    private final AtomicInteger operations = new AtomicInteger();

    public FaultyStore(ObjectStore healthy, Fault fault) {
        super(healthy);
        this.healthy = healthy;
        this.fault = fault;
    }

    /** How many operations have begun. */
    public int operations() {
        return operations.get();
    }

    /** Whether an operation has failed on purpose. */
    public boolean fired() {
        return operations.get() >= fault.at();
    }

    @Override
    public void putIfAbsent(ObjectKey key, ObjectSource source) throws StorageException {
        if (!fails()) {
            healthy.putIfAbsent(key, source);
            return;
        }
        switch (fault.moment()) {
            case BEFORE -> {}
            case HALF_WAY -> readHalf(key, source);
            case AFTER -> healthy.putIfAbsent(key, source);
        }
        throw failure("put '" + key + "'");
    }

    private static void readHalf(ObjectKey key, ObjectSource source) throws StorageException {
        try (SourceStream stream = SourceStream.open(key, source)) {
            // Read, since what is skipped counts as not sent.
            stream.readNBytes(Math.toIntExact(source.sizeBytes() / 2));
        } catch (StorageException e) {
            throw e;
        } catch (IOException e) {
            throw new StorageUnavailable("the source of '" + key + "' could not be read", e);
        }
    }

    @Override
    public InputStream open(ObjectKey key, ByteRange range) throws StorageException {
        if (!fails()) {
            return healthy.open(key, range);
        }
        return switch (fault.moment()) {
            case BEFORE -> throw failure("open '" + key + "'");
            case HALF_WAY -> new BreakingStream(healthy.open(key, range), length(key, range) / 2, key);
            case AFTER -> new BreakingStream(healthy.open(key, range), length(key, range), key);
        };
    }

    private long length(ObjectKey key, ByteRange range) throws StorageException {
        long size = healthy.stat(key).map(ObjectInfo::sizeBytes).orElse(0L);
        long rest = Math.max(0, size - range.offset());
        return range.length() == ByteRange.TO_END ? rest : Math.min(rest, range.length());
    }

    @Override
    public Optional<ObjectInfo> stat(ObjectKey key) throws StorageException {
        if (fails()) {
            throw failure("stat '" + key + "'");
        }
        return healthy.stat(key);
    }

    @Override
    public ObjectPage list(String prefix, Optional<ObjectKey> after, int limit) throws StorageException {
        if (fails()) {
            throw failure("list '" + prefix + "'");
        }
        return healthy.list(prefix, after, limit);
    }

    @Override
    public void delete(Collection<ObjectKey> keys) throws StorageException {
        if (!fails()) {
            healthy.delete(keys);
            return;
        }
        List<ObjectKey> ordered = List.copyOf(keys);
        switch (fault.moment()) {
            case BEFORE -> {}
            case HALF_WAY -> healthy.delete(ordered.subList(0, ordered.size() / 2));
            case AFTER -> healthy.delete(ordered);
        }
        throw failure("delete " + keys);
    }

    private boolean fails() {
        return fault.hits(operations.incrementAndGet());
    }

    private static StorageUnavailable failure(String what) {
        return new StorageUnavailable("failed on purpose: " + what, null);
    }

    /** Gives so many bytes, and then an error. Not thread-safe. */
    private static final class BreakingStream extends BlockInputStream {
        private final InputStream bytes;
        private final ObjectKey key;
        private long left;

        BreakingStream(InputStream bytes, long left, ObjectKey key) {
            this.bytes = bytes;
            this.left = left;
            this.key = key;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            if (length == 0) {
                return 0;
            }
            if (left == 0) {
                throw failure("read '" + key + "'");
            }
            int count = bytes.read(into, offset, (int) Math.min(length, left));
            left -= Math.max(count, 0);
            return count;
        }

        @Override
        public void close() throws IOException {
            bytes.close();
        }
    }
}
