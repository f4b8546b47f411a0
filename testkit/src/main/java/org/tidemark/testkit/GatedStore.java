// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.io.InputStream;
import java.util.Collection;
import java.util.Optional;
import org.tidemark.store.ByteRange;
import org.tidemark.store.DelegatingStore;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectPage;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;

/** A store that does something before each request: it may wait, or fail. */
public abstract class GatedStore extends DelegatingStore {
    protected GatedStore(ObjectStore delegate) {
        super(delegate);
    }

    /** Returns when the next request may go on. */
    protected abstract void pass() throws StorageException;

    @Override
    public final void putIfAbsent(ObjectKey key, ObjectSource source) throws StorageException {
        pass();
        super.putIfAbsent(key, source);
    }

    @Override
    public final InputStream open(ObjectKey key, ByteRange range) throws StorageException {
        pass();
        return super.open(key, range);
    }

    @Override
    public final Optional<ObjectInfo> stat(ObjectKey key) throws StorageException {
        pass();
        return super.stat(key);
    }

    @Override
    public final ObjectPage list(String prefix, Optional<ObjectKey> after, int limit) throws StorageException {
        pass();
        return super.list(prefix, after, limit);
    }

    @Override
    public final void delete(Collection<ObjectKey> keys) throws StorageException {
        pass();
        super.delete(keys);
    }
}
