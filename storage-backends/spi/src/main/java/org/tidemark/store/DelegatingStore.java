// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.io.InputStream;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.DiskSpace;
import org.tidemark.core.Finding;

/** Passes every call to another store; the base class of decorators. As thread-safe as the other store. */
public class DelegatingStore implements ObjectStore {
    private final ObjectStore delegate;

    protected DelegatingStore(ObjectStore delegate) {
        this.delegate = delegate;
    }

    @Override
    public void putIfAbsent(ObjectKey key, ObjectSource source) throws StorageException {
        delegate.putIfAbsent(key, source);
    }

    @Override
    public InputStream open(ObjectKey key, ByteRange range) throws StorageException {
        return delegate.open(key, range);
    }

    @Override
    public Optional<ObjectInfo> stat(ObjectKey key) throws StorageException {
        return delegate.stat(key);
    }

    @Override
    public ObjectPage list(String prefix, Optional<ObjectKey> after, int limit) throws StorageException {
        return delegate.list(prefix, after, limit);
    }

    @Override
    public void delete(Collection<ObjectKey> keys) throws StorageException {
        delegate.delete(keys);
    }

    @Override
    public StoreTraits traits() {
        return delegate.traits();
    }

    @Override
    public Optional<UnfinishedUploads> unfinishedUploads() {
        return delegate.unfinishedUploads();
    }

    @Override
    public Optional<DiskSpace> space() throws StorageException {
        return delegate.space();
    }

    @Override
    public void requireWritable(ObjectKey key) throws StorageException {
        delegate.requireWritable(key);
    }

    @Override
    public Optional<ObjectLock> lock() {
        return delegate.lock();
    }

    @Override
    public Optional<Tampering> tampering() {
        return delegate.tampering();
    }

    @Override
    public List<Finding> remarks() {
        return delegate.remarks();
    }

    @Override
    public String description() {
        return delegate.description();
    }

    @Override
    public void close() {
        delegate.close();
    }
}
